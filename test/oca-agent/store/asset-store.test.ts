import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { nodePlatform } from '../../../oca-agent/platform/node-platform.ts';
import type { AssetStore } from '../../../oca-agent/store/asset-store.ts';
import { openStore } from '../../../oca-agent/store/open-store.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';

const content = seededBytes(70, 1000);
const name = {
  titleId: 'title-1' as TitleId,
  file: 'video.mp4',
  etag: '"e"',
  contentType: 'video/mp4',
  fetchedAt: epochMs(1),
};
let folder: string;
let store: AssetStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-store-'));
  const diskIds = ['one', 'two'] as DiskId[];
  for (const diskId of diskIds) await mkdir(join(folder, diskId));
  store = await openStore({
    platform: nodePlatform(),
    stateDirectory: join(folder, 'state'),
    disks: diskIds.map((diskId) => ({
      diskId,
      tier: 'flash',
      path: join(folder, diskId),
      capacityBytes: bytes(10_000),
    })),
    knownDiskIds: new Set(),
    log: () => undefined,
  });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function begin(sizeBytes: number, mayEvict = false) {
  const writer = await store.begin({ sizeBytes: bytes(sizeBytes), tiers: ['flash'], mayEvict });
  if (!writer) throw new Error('no room');
  return writer;
}
async function put(body: Buffer, file = name.file): Promise<AssetId> {
  const writer = await begin(body.length);
  await writer.append(body);
  const assetId = writer.verify(undefined);
  await store.publish(writer, assetId, [{ ...name, file }]);
  return assetId;
}
const partials = async () =>
  (await Promise.all(['one', 'two'].map((disk) => readdir(join(folder, disk, 'tmp'))))).flat();

test('an asset cannot be found before it is published, and leaves no partial after', async () => {
  const writer = await begin(content.length);
  await writer.append(content);
  expect(store.find(name.titleId, name.file)).toBeUndefined();
  const assetId = writer.verify(sha256(content));
  expect(store.find(name.titleId, name.file)).toBeUndefined();
  await store.publish(writer, assetId, [name]);
  expect(store.find(name.titleId, name.file)).toMatchObject({ assetId, sizeBytes: 1000 });
  expect(await partials()).toEqual([]);
});

test('a writer refuses more than was announced, less than was announced, and other bytes', async () => {
  const tooLong = await begin(999);
  await expect(tooLong.append(content)).rejects.toMatchObject({ code: 'upstream-invalid' });
  await store.abandon(tooLong);
  const tooShort = await begin(1001);
  await tooShort.append(content);
  expect(() => tooShort.verify(undefined)).toThrow(
    expect.objectContaining({ code: 'upstream-invalid' }),
  );
  await store.abandon(tooShort);
  const other = await begin(1000);
  await other.append(seededBytes(71, 1000));
  expect(() => other.verify(sha256(content))).toThrow(
    expect.objectContaining({ code: 'digest-mismatch' }),
  );
  await store.abandon(other);
  expect(await partials()).toEqual([]);
});

test('room that is promised to transfers counts as used until they end', async () => {
  const writers = await Promise.all([begin(9000), begin(9000)]);
  expect(
    await store.begin({ sizeBytes: bytes(1000), tiers: ['flash'], mayEvict: true }),
  ).toBeUndefined();
  for (const writer of writers) await store.abandon(writer);
  await store.abandon(await begin(9000));
});

test('an asset that is being read is no victim; afterwards it is', async () => {
  const assetId = await put(content);
  const held = store.find(name.titleId, name.file);
  const reader = held && (await store.openReader(held));
  expect(await store.remove(assetId, 'eviction')).toBe('in-use');
  const buffer = Buffer.alloc(1000);
  expect(await reader?.read(buffer, 0)).toBe(1000);
  await reader?.close();
  await reader?.close();
  expect(await store.remove(assetId, 'eviction')).toBe('removed');
  expect(await store.remove(assetId, 'eviction')).toBe('not-held');
});

test('the coldest goes first: least used, and use long ago counts less', async () => {
  const files = ['a', 'b', 'c'].map((file, index) => ({
    file,
    body: seededBytes(80 + index, 5000),
  }));
  const assetIds = new Map<string, AssetId>();
  for (const { file, body } of files.slice(0, 2)) assetIds.set(file, await put(body, file));
  const dayMs = 86_400_000;
  const now = Date.now();
  const touch = (file: string, at: number, times: number) => {
    const assetId = assetIds.get(file);
    for (let use = 0; use < times && assetId; use += 1) store.index.touch(assetId, epochMs(at));
  };
  touch('a', now - 10 * dayMs, 50);
  touch('b', now, 3);
  const writer = await begin(8000, true);
  await store.abandon(writer);
  expect(store.index.asset(assetIds.get('a') ?? ('' as AssetId))).toBeUndefined();
  expect(store.index.asset(assetIds.get('b') ?? ('' as AssetId))).toBeDefined();
});

test('the same bytes twice are stored once, under both names', async () => {
  const first = await put(content, 'one.mp4');
  const second = await put(content, 'two.mp4');
  expect(second).toBe(first);
  expect([...store.index.assets()]).toHaveLength(1);
  expect(new Set(store.index.namesOf(first).map(({ file }) => file))).toEqual(
    new Set(['one.mp4', 'two.mp4']),
  );
});

test('two transfers of the same bytes at once leave one copy and no file without a row', async () => {
  const writers = await Promise.all([begin(1000), begin(1000)]);
  await Promise.all(
    writers.map(async (writer, index) => {
      await writer.append(content);
      await store.publish(writer, writer.verify(undefined), [{ ...name, file: `${index}.mp4` }]);
    }),
  );
  const shards = await Promise.all(
    ['one', 'two'].map((disk) => readdir(join(folder, disk, 'objects'), { recursive: true })),
  );
  const files = shards.flat().filter((path) => path.includes('/') && !path.endsWith('.json'));
  expect(files).toHaveLength(1);
  expect(store.index.namesOf(sha256(content))).toHaveLength(2);
});

test('bytes that lose their last name are removed', async () => {
  const before = await put(content);
  const after = await put(seededBytes(72, 1000));
  expect(store.index.asset(before)).toBeUndefined();
  expect(store.find(name.titleId, name.file)?.assetId).toBe(after);
});
