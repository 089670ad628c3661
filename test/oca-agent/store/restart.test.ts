import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

const content = seededBytes(20, 200_000);
const assetId = sha256(content);
let site: TestSite;
let objectFile: string;

beforeEach(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', content);
  await site.store('title-1', 'video.mp4');
  const [disk] = (await site.status()).disks.filter(({ usedBytes }) => usedBytes > 0);
  objectFile = join(site.folder, disk?.diskId ?? '', 'objects', assetId.slice(0, 2), assetId);
});
afterEach(() => site.stop());

const cacheStatus = async () => {
  const answer = await site.get('/content/title-1/video.mp4');
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  expect(answer.headers.get('content-type')).toBe('video/mp4');
  return answer.headers.get('cache-status');
};
const loseIndex = async () => {
  const state = join(site.folder, 'state');
  for (const name of await readdir(state))
    if (name.startsWith('index.')) await rm(join(state, name));
};
const restart = async (between: () => Promise<unknown>) => {
  await site.stopAgent();
  await between();
  await site.startAgent();
};
/** Waits until the agent that was started last has gone through all its disks. */
const reconciled = () =>
  until(
    () => site.events('store.disk.reconciled').length >= 2 * site.disks().length,
    'index and disks to agree',
  );

test('an asset is one whole file at its content address, with a sidecar', async () => {
  expect((await readFile(objectFile)).equals(content)).toBe(true);
  expect(JSON.parse(await readFile(`${objectFile}.json`, 'utf8'))).toMatchObject({
    version: 2,
    sizeBytes: content.length,
    names: [{ titleId: 'title-1', file: 'video.mp4' }],
    chunkHashes: [Buffer.from(assetId, 'hex').toString('base64')],
  });
});

test('a restart keeps what is held', async () => {
  await restart(async () => undefined);
  expect(await cacheStatus()).toContain('"test-oca"; hit');
});

test('a lost index is told anew from the disks', async () => {
  await restart(() => loseIndex());
  await reconciled();
  expect(await cacheStatus()).toContain('"test-oca"; hit');
});

test('a broken index is told anew from the disks', async () => {
  await restart(() => writeFile(join(site.folder, 'state', 'index.db'), 'this is no database'));
  expect(site.events('store.index.unsound')).toHaveLength(1);
  await reconciled();
  expect(await cacheStatus()).toContain('"test-oca"; hit');
});

test('a file that vanished is forgotten and fetched again', async () => {
  await restart(() => rm(objectFile));
  await reconciled();
  expect((await site.status()).tiers[0]?.assetCount).toBe(0);
  expect(await cacheStatus()).toContain('fwd=uri-miss');
});

test('a file that vanished while the agent runs is fetched again', async () => {
  await rm(objectFile);
  expect(await cacheStatus()).toContain('fwd=uri-miss');
});

test('a file that lost its end is not served', async () => {
  await truncate(objectFile, 1000);
  expect(await cacheStatus()).toContain('fwd=uri-miss');
});

test('leftovers of a crash are cleared away: partials, half-written sidecars, files that nobody vouches for', async () => {
  const disk = join(site.folder, 'hdd-1');
  const orphan = join(disk, 'objects', 'ab', 'ab'.repeat(32));
  const partial = join(disk, 'tmp', 'half.part');
  await restart(async () => {
    await mkdir(join(disk, 'objects', 'ab'), { recursive: true });
    await writeFile(partial, 'half');
    await writeFile(orphan, 'nobody knows me');
    await writeFile(`${orphan}.json.new`, '{');
    await writeFile(`${join(disk, 'objects', 'ab', 'cd'.repeat(32))}.json`, '{}');
  });
  await reconciled();
  expect(await readdir(join(disk, 'tmp'))).toEqual([]);
  expect(await readdir(join(disk, 'objects', 'ab'))).toEqual([]);
  expect(await cacheStatus()).toContain('"test-oca"; hit');
});

test('a file without an index row whose size is not its sidecar’s is not taken in', async () => {
  await restart(async () => {
    await loseIndex();
    await truncate(objectFile, 1000);
  });
  await reconciled();
  expect(await cacheStatus()).toContain('fwd=uri-miss');
});

test('a disk that lost its marker is not used, and nothing is written into its empty folder', async () => {
  const [known] = objectFile.split('/objects/');
  await restart(async () => {
    await rm(known ?? '', { recursive: true });
    await mkdir(known ?? '');
  });
  const failed = (await site.status()).disks.filter(({ state }) => state === 'failed');
  expect(failed).toMatchObject([{ reason: expect.stringContaining('blank disk mounted') }]);
  expect(await cacheStatus()).toContain('fwd=uri-miss');
  expect(await readdir(known ?? '')).toEqual([]);
});

test('a second agent on the same state directory does not start', async () => {
  const other = site.startAgent();
  await expect(other).rejects.toMatchObject({ code: 'folder-unwritable' });
});

test('verify finds a flipped byte, removes the asset and leaves the rest', async () => {
  site.cloudFront.put('title-1', 'sound.mp4', seededBytes(21, 1000));
  await site.store('title-1', 'sound.mp4');
  const wrong = Buffer.from(content);
  wrong[5] = (wrong[5] ?? 0) ^ 255;
  await writeFile(objectFile, wrong);
  expect(await site.manage('/verify')).toEqual({
    verifiedAssets: 1,
    verifiedBytes: 1000,
    repaired: [],
    removed: [assetId],
  });
  await expect(stat(objectFile)).rejects.toThrow();
  expect(await cacheStatus()).toContain('fwd=uri-miss');
});
