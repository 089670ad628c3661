import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seededBytes } from '../fixtures/bytes.ts';
import { failingFiles, type Operation } from '../fixtures/failing-files.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

const content = seededBytes(60, 300_000);
let site: TestSite;
let failWith: (operation: Operation, path: string) => string | undefined;

beforeEach(async () => {
  failWith = () => undefined;
  const fileSystem = failingFiles((operation, path) => failWith(operation, path));
  site = await TestSite.start({ platform: { fileSystem } });
  site.cloudFront.put('title-1', 'video.mp4', content);
});
afterEach(() => site.stop());

const get = async () => {
  const answer = await site.get('/content/title-1/video.mp4');
  const body = Buffer.from(await answer.arrayBuffer());
  return { isWhole: body.equals(content), cacheStatus: answer.headers.get('cache-status') };
};
const failedDisks = async () =>
  (await site.status()).disks.filter(({ state }) => state === 'failed');

test('a disk that fails to read is taken out with its reason; the client gets the file from upstream, the rest goes on', async () => {
  await site.store('title-1', 'video.mp4');
  const [holder] = (await site.status()).disks.filter(({ usedBytes }) => usedBytes > 0);
  failWith = (operation, path) =>
    operation === 'read' && path.includes(`/${holder?.diskId}/`) ? 'EIO' : undefined;
  expect(await get()).toMatchObject({
    isWhole: true,
    cacheStatus: expect.stringContaining('fwd=uri-miss'),
  });
  expect(await failedDisks()).toMatchObject([{ reason: 'EIO', usedBytes: 0 }]);
  failWith = () => undefined;
  await until(async () => (await get()).cacheStatus?.includes('; hit'), 'a hit from another disk');
  await until(
    () => site.control.lastReport?.disks.some(({ state }) => state === 'failed'),
    'the failure to be reported',
  );
  expect(site.control.lastReport?.state).toBe('in-service');
});

test('when every disk fails to read, the client still gets the file', async () => {
  await site.store('title-1', 'video.mp4');
  failWith = (operation) => (operation === 'read' ? 'EIO' : undefined);
  expect(await get()).toEqual({
    isWhole: true,
    cacheStatus: '"cloudfront"; hit, "test-oca"; fwd=uri-miss',
  });
});

test('a disk that cannot be written is taken out and the next one is used', async () => {
  failWith = (operation, path) =>
    operation === 'create' && path.includes('flash-1') ? 'EROFS' : undefined;
  await site.store('title-1', 'video.mp4');
  expect(await failedDisks()).toMatchObject([{ diskId: 'flash-1', reason: 'EROFS' }]);
  expect((await get()).cacheStatus).toContain('; hit; detail=flash');
});

test('a failed fsync is final for the disk and the asset is not held', async () => {
  failWith = (operation, path) =>
    operation === 'sync' && path.includes('flash-') ? 'EIO' : undefined;
  expect((await get()).isWhole).toBe(true);
  await until(async () => (await failedDisks()).length === 1, 'the disk to be taken out');
  expect((await site.status()).tiers.every(({ assetCount }) => assetCount === 0)).toBe(true);
});

test('a disk that is unmounted while the agent runs is noticed by its marker', async () => {
  await site.store('title-1', 'video.mp4');
  const [disk] = (await site.status()).disks.filter(({ usedBytes }) => usedBytes > 0);
  const path = join(site.folder, disk?.diskId ?? '');
  await rename(path, `${path}-pulled`);
  expect((await get()).isWhole).toBe(true);
  expect(await failedDisks()).toMatchObject([{ reason: 'the marker is missing: unmounted?' }]);
});

test('a full filesystem is no failure: the partial is removed and another disk takes the asset', async () => {
  const seen = new Set<string>();
  failWith = (operation, path) => {
    if (operation !== 'write' || !path.includes('flash-') || seen.size > 0) return undefined;
    seen.add(path);
    return 'ENOSPC';
  };
  await get().catch(() => undefined);
  const [partial = ''] = seen;
  await until(
    async () => !(await readdir(join(partial, '..'))).length,
    'the partial to be removed',
  );
  expect(await failedDisks()).toEqual([]);
  await site.store('title-1', 'video.mp4');
  expect((await get()).cacheStatus).toContain('; hit');
});

test('with every disk failed, clients are still served from upstream, and health says why not', async () => {
  failWith = (operation, path) =>
    operation === 'create' && /flash|hdd/.test(path) ? 'EIO' : undefined;
  expect((await get()).isWhole).toBe(true);
  const health = await site.get('/health');
  expect([health.status, await health.json()]).toMatchObject([503, { state: 'out-of-service' }]);
});
