import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import type { RelocateOptions } from '../../../oca-agent/store/relocate.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { failingFiles, type Operation } from '../fixtures/failing-files.ts';
import { TestStore } from '../fixtures/stores.ts';

const content = seededBytes(600, 2_500_000);
const paced: { diskId: DiskId; sizeBytes: number }[] = [];
let failWith: (operation: Operation, path: string) => string | undefined;
let site: TestStore;
let asset: HeldAsset;

beforeEach(async () => {
  failWith = () => undefined;
  paced.length = 0;
  const fileSystem = failingFiles((operation, path) => failWith(operation, path));
  const platform = { fileSystem };
  site = await TestStore.open({ tiers: ['flash', 'hdd'], capacityBytes: 10_000_000, platform });
  const held = await site.put(content, { file: 'one.mp4', tiers: ['flash'] });
  if (!held) throw new Error('no room');
  asset = held;
});
afterEach(() => site.close());

const toHdd = (changes: Partial<RelocateOptions> = {}): RelocateOptions => ({
  tiers: ['hdd'],
  pace: async (diskId, sizeBytes) => void paced.push({ diskId, sizeBytes }),
  signal: new AbortController().signal,
  ...changes,
});
const places = async () => (await site.files()).map(({ diskId }) => diskId);
const isWhole = async (held: HeldAsset | undefined) =>
  held !== undefined && (await site.read(held))?.equals(content) === true;

test('a move takes an asset to the other tier: one copy, the same bytes and names, and the pace of both disks', async () => {
  expect(await site.store.relocate(asset, toHdd())).toBe('moved');
  const moved = site.store.index.asset(asset.assetId);
  expect(moved).toMatchObject({ diskId: 'hdd-1', tier: 'hdd', slot: asset.slot });
  expect(await places()).toEqual(['hdd-1']);
  expect(await isWhole(moved)).toBe(true);
  expect(await site.store.chunkHashesOf(moved as HeldAsset)).toHaveLength(3);
  for (const diskId of ['flash-0', 'hdd-1'])
    expect(
      paced
        .filter((pace) => pace.diskId === diskId)
        .reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ).toBe(content.length);
  await site.store.close();
  await site.reopen();
  expect(await isWhole(site.store.index.asset(asset.assetId))).toBe(true);
});

test('who reads during a move gets every byte right, from wherever it lies', async () => {
  const reader = await site.store.openReader(asset);
  const parts: Buffer[] = [];
  const readPart = async () => {
    const buffer = Buffer.alloc(300_000);
    const readBytes = (await reader?.read(buffer, Buffer.concat(parts).length)) ?? 0;
    parts.push(buffer.subarray(0, readBytes));
  };
  await site.store.relocate(asset, toHdd({ pace: readPart }));
  expect(await places()).toEqual(['hdd-1']);
  while (Buffer.concat(parts).length < content.length) await readPart();
  expect(Buffer.concat(parts).equals(content)).toBe(true);
  await reader?.close();
});

test('a found asset that has moved since is read from where it lies now', async () => {
  await site.store.relocate(asset, toHdd());
  expect(await isWhole(asset)).toBe(true);
  expect(site.store.index.asset(asset.assetId)).toBeDefined();
});

test('an asset that is removed while it moves does not come back', async () => {
  const removing = async () => void (await site.store.remove(asset.assetId, 'invalidation'));
  expect(await site.store.relocate(asset, toHdd({ pace: removing }))).toBe('not-held');
  expect(await places()).toEqual([]);
  expect(await site.partials()).toEqual([]);
});

test('an asset that is removed in the last moment of its move does not come back', async () => {
  let removing: Promise<unknown> | undefined;
  failWith = (operation, path) => {
    if (operation === 'syncFolder' && path.includes('hdd-1'))
      removing ??= site.store.remove(asset.assetId, 'invalidation');
    return undefined;
  };
  expect(await site.store.relocate(asset, toHdd())).toBe('not-held');
  expect(await removing).toBe('removed');
  expect(await places()).toEqual([]);
});

test('bytes that have rotted are not moved, and the old ones stay', async () => {
  const path = join(site.folder, 'flash-0', 'objects', asset.assetId.slice(0, 2), asset.assetId);
  const rotten = Buffer.from(content);
  rotten[2_000_000] = (rotten[2_000_000] ?? 0) ^ 1;
  await writeFile(path, rotten);
  expect(await site.store.relocate(asset, toHdd())).toBe('unreadable');
  expect(site.store.index.asset(asset.assetId)?.diskId).toBe('flash-0');
  expect(await site.partials()).toEqual([]);
});

test('a move that is stopped, finds no room or a disk that fails leaves everything as it was', async () => {
  const ended = AbortSignal.abort();
  expect(await site.store.relocate(asset, toHdd({ signal: ended }))).toBe('aborted');
  const avoidDisks = new Set(site.diskIds);
  expect(await site.store.relocate(asset, toHdd({ avoidDisks }))).toBe('without-room');
  failWith = (operation, path) =>
    operation === 'sync' && path.includes('hdd-1') ? 'EIO' : undefined;
  expect(await site.store.relocate(asset, toHdd())).toBe('unwritable');
  failWith = () => undefined;
  expect(await places()).toEqual(['flash-0']);
  expect(await isWhole(asset)).toBe(true);
});

test('an asset that moves is nobody’s victim, wherever its bytes come from', async () => {
  const reader = {
    read: async (buffer: Uint8Array, at: number) => content.copy(buffer, 0, at),
    close: async () => undefined,
  };
  const verdicts: unknown[] = [];
  const pace = async () => void verdicts.push(await site.store.remove(asset.assetId, 'eviction'));
  expect(await site.store.relocate(asset, toHdd({ pace, reader }))).toBe('moved');
  expect(new Set(verdicts)).toEqual(new Set(['in-use']));
  expect(await site.store.remove(asset.assetId, 'eviction')).toBe('removed');
});

test('a move that throws gives its room back and leaves no partial', async () => {
  const pace = () => Promise.reject(new Error('no pace'));
  await expect(site.store.relocate(asset, toHdd({ pace }))).rejects.toThrow('no pace');
  expect(await site.partials()).toEqual([]);
  expect([...site.store.volumes].map(({ reservedBytes }) => reservedBytes)).toEqual([0, 0]);
});

test('two moves of one asset at once leave one copy', async () => {
  const verdicts = await Promise.all([
    site.store.relocate(asset, toHdd()),
    site.store.relocate(asset, toHdd()),
  ]);
  expect(verdicts.sort()).toEqual(['moved', 'not-held']);
  expect(await places()).toEqual(['hdd-1']);
  expect(await isWhole(site.store.index.asset(sha256(content)))).toBe(true);
});
