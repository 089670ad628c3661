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
const disksIn = async (state: string) =>
  (await site.status()).disks.filter((disk) => disk.state === state);
const holder = async () =>
  (await site.status()).disks.find(({ usedBytes }) => usedBytes > 0)?.diskId ?? '';

test('what a disk does not give out comes from upstream, and the new copy takes the place of the old', async () => {
  await site.store('title-1', 'video.mp4');
  const diskId = await holder();
  failWith = (operation, path) =>
    operation === 'read' && path.includes(`/${diskId}/`) ? 'EIO' : undefined;
  expect(await get()).toMatchObject({
    isWhole: true,
    cacheStatus: expect.stringContaining('fwd=uri-miss'),
  });
  await until(() => site.events('miss.fetch.stored').length === 2, 'the new copy');
  expect((await get()).cacheStatus).toContain('"test-oca"; hit');
  expect(await holder()).not.toBe(diskId);
  expect(await disksIn('healthy')).toHaveLength(4);
  expect((await site.status()).tiers.map(({ assetCount }) => assetCount)).toEqual([1, 0]);
});

test('a disk that fails to read again and again is taken out with its reason, and the rest goes on', async () => {
  failWith = (operation, path) =>
    operation === 'read' && path.includes('/flash-') ? 'EIO' : undefined;
  for (let index = 0; index < 8; index += 1)
    site.cloudFront.put('title-1', `${index}.mp4`, seededBytes(index, 1000));
  for (let index = 0; index < 8; index += 1) await site.store('title-1', `${index}.mp4`);
  await until(async () => {
    for (let index = 0; index < 8; index += 1)
      await (await site.get(`/content/title-1/${index}.mp4`)).arrayBuffer();
    return (await disksIn('failed')).length > 0;
  }, 'a disk to be taken out');
  const [failed] = await disksIn('failed');
  expect(failed?.reason).toContain('EIO');
  await until(
    async () => (await disksIn('failed')).every(({ usedBytes }) => usedBytes === 0),
    'what it held to be forgotten',
  );
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

test('a disk that stops in the middle of an answer: the rest comes from upstream, and the client gets all', async () => {
  const large = seededBytes(61, 3_000_000);
  site.cloudFront.put('title-1', 'large.mp4', large);
  await site.store('title-1', 'large.mp4');
  let reads = 0;
  failWith = (operation, path) => {
    if (operation !== 'read' || !path.includes('/objects/')) return undefined;
    reads += 1;
    return reads > 2 ? 'EIO' : undefined;
  };
  const answer = await site.get('/content/title-1/large.mp4');
  expect(answer.headers.get('cache-status')).toContain('"test-oca"; hit');
  expect(Buffer.from(await answer.arrayBuffer()).equals(large)).toBe(true);
  expect(site.events('delivery.disk.left')).toHaveLength(1);
});

test('a disk that cannot be written takes no more, and the next one is used', async () => {
  failWith = (operation, path) =>
    operation === 'create' && path.includes('flash-1') ? 'EROFS' : undefined;
  await site.store('title-1', 'video.mp4');
  expect(await disksIn('read-only')).toMatchObject([{ diskId: 'flash-1' }]);
  expect((await get()).cacheStatus).toContain('"test-oca"; hit; detail=flash');
});

test('a failed fsync is final for the disk and the asset is not held', async () => {
  failWith = (operation, path) =>
    operation === 'sync' && path.includes('flash-') ? 'EIO' : undefined;
  expect((await get()).isWhole).toBe(true);
  expect((await get()).isWhole).toBe(true);
  await until(async () => (await disksIn('read-only')).length === 1, 'the disk to be read-only');
  expect((await site.status()).tiers.every(({ assetCount }) => assetCount === 0)).toBe(true);
});

test('what a read-only disk holds is served on', async () => {
  await site.store('title-1', 'video.mp4');
  const diskId = await holder();
  failWith = (operation, path) =>
    operation === 'create' && path.includes(`/${diskId}/`) ? 'EROFS' : undefined;
  for (const file of ['other-1.mp4', 'other-2.mp4']) {
    site.cloudFront.put('title-1', file, seededBytes(62, 3_000_000));
    await site.store('title-1', file);
  }
  expect(await disksIn('read-only')).toMatchObject([{ diskId }]);
  expect((await get()).cacheStatus).toContain('"test-oca"; hit');
});

test('a disk that is unmounted while the agent runs is noticed by its marker', async () => {
  await site.store('title-1', 'video.mp4');
  const path = join(site.folder, await holder());
  await rename(path, `${path}-pulled`);
  expect((await get()).isWhole).toBe(true);
  expect(await disksIn('failed')).toMatchObject([
    { reason: expect.stringContaining('pulled or unmounted') },
  ]);
});

test('a full filesystem is no failure: the client gets all, the partial is removed and another disk takes the asset', async () => {
  await get();
  const seen = new Set<string>();
  failWith = (operation, path) => {
    if (operation !== 'write' || !path.includes('flash-') || seen.size > 0) return undefined;
    seen.add(path);
    return 'ENOSPC';
  };
  expect((await get()).isWhole).toBe(true);
  const [partial = ''] = seen;
  expect(partial).not.toBe('');
  await until(
    async () => !(await readdir(join(partial, '..'))).length,
    'the partial to be removed',
  );
  expect((await site.status()).disks.every(({ state }) => state === 'healthy')).toBe(true);
  await site.store('title-1', 'video.mp4');
  expect((await get()).cacheStatus).toContain('"test-oca"; hit');
});

test('a disk that fills up under a running answer does not show: the rest comes from upstream', async () => {
  const large = seededBytes(63, 3_000_000);
  site.cloudFront.put('title-1', 'large.mp4', large);
  await (await site.get('/content/title-1/large.mp4')).arrayBuffer();
  let writes = 0;
  failWith = (operation, path) => {
    if (operation !== 'write' || !path.endsWith('.part')) return undefined;
    writes += 1;
    return writes > 20 ? 'ENOSPC' : undefined;
  };
  const answer = await site.get('/content/title-1/large.mp4');
  expect(Buffer.from(await answer.arrayBuffer()).equals(large)).toBe(true);
  expect(writes).toBeGreaterThan(20);
});

test('with every disk gone, clients are still served from upstream, and health says why not', async () => {
  for (const { path } of site.disks()) await rename(path, `${path}-pulled`);
  expect((await get()).isWhole).toBe(true);
  expect((await get()).isWhole).toBe(true);
  await until(async () => (await disksIn('failed')).length === 4, 'the disks to be found gone');
  const health = await site.get('/health');
  expect([health.status, await health.json()]).toMatchObject([503, { state: 'out-of-service' }]);
});
