import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TIERING_RULES } from '#domain/tiering/plan-moves.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { AssetVerifier } from '../../../oca-agent/upkeep/asset-verifier.ts';
import { EvictToWatermark, headroomBytesOf } from '../../../oca-agent/upkeep/evict-to-watermark.ts';
import { MoveAssets } from '../../../oca-agent/upkeep/move-assets.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { StoreOnDisks, type StoreOptions } from '../fixtures/store-on-disks.ts';

const SIZE = 300_000;
/** Room for three assets on flash, with a little over. */
const DISK_BYTES = 1_200_000;
const HOUR_MS = 3_600_000;

let clock: ManualClock;
let disks: StoreOnDisks;
let moves: MoveAssets;
const ending = new AbortController();

beforeEach(async () => {
  clock = new ManualClock();
  await begin({ flashDisks: 1, hddDisks: 2 });
});
afterEach(() => disks.remove());

/** A store, and its moves as they are an hour after the start. */
async function begin(options: StoreOptions): Promise<void> {
  disks = await StoreOnDisks.open({ clock, diskBytes: DISK_BYTES, ...options });
  const { store, keeper, log } = disks;
  const verifier = new AssetVerifier({ store, reconstruction: keeper, log });
  moves = new MoveAssets({ store, verifier, pace: async () => undefined, clock, log });
  await clock.advance(HOUR_MS);
}

async function work(): Promise<void> {
  while (await moves.step(ending.signal));
}
const tierOf = ({ assetId }: HeldAsset) => disks.store.index.asset(assetId)?.tier;
function use(asset: HeldAsset, times: number): void {
  for (let count = 0; count < times; count += 1) {
    const held = disks.store.index.asset(asset.assetId);
    if (held) disks.store.noteUse(held);
  }
}

test('a much used asset comes to flash, whoever reads it reads on, and it is right to the byte', async () => {
  const [hot, cold] = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
  use(hot, 9);
  const reader = await disks.store.openReader(hot);
  const buffer = Buffer.alloc(SIZE);
  let done = await reader?.read(buffer.subarray(0, 1000), 0);
  await work();
  expect([tierOf(hot), tierOf(cold), moves.promotedAssets]).toEqual(['flash', 'hdd', 1]);
  while (reader && done && done < SIZE) done += await reader.read(buffer.subarray(done), done);
  await reader?.close();
  expect(buffer.equals(seededBytes(1, SIZE))).toBe(true);
  expect((await disks.stored(hot.assetId)).equals(seededBytes(1, SIZE))).toBe(true);
  await disks.reopen();
  expect(tierOf(hot)).toBe('flash');
});

test('quiet ones make room for it, and never more than the watermark allows', async () => {
  const flash = [];
  for (const seed of [1, 2, 3]) flash.push(await disks.put(seed, SIZE, 'flash'));
  const hot = await disks.put(4, SIZE);
  await clock.advance(2 * 24 * HOUR_MS);
  use(flash[0] as HeldAsset, 3);
  use(hot, 12);
  await work();
  expect(tierOf(hot)).toBe('flash');
  expect(tierOf(flash[0] as HeldAsset)).toBe('flash');
  expect(flash.map(tierOf).filter((tier) => tier === 'hdd')).toHaveLength(1);
  expect([moves.promotedAssets, moves.demotedAssets]).toEqual([1, 1]);
});

test('a quiet asset leaves flash for hdd before one is evicted there for want of room', async () => {
  for (const seed of [1, 2, 3]) await disks.put(seed, SIZE, 'flash');
  // What is left below the watermark, less one headroom and a half.
  await disks.put(4, 0.95 * DISK_BYTES - 3 * SIZE - 1.5 * headroomBytesOf(DISK_BYTES), 'flash');
  const evict = new EvictToWatermark(disks.store);
  await clock.advance(3 * 24 * HOUR_MS);
  while (await evict.step());
  expect(disks.store.index.assetCount).toBe(4);
  await work();
  expect([moves.demotedAssets, disks.store.index.assetCount]).toEqual([1, 4]);
});

test('one that has come to flash stays for a day, however much another is used', async () => {
  const large = 900_000;
  await disks.remove();
  await begin({ flashDisks: 1, hddDisks: 3 });
  const [first, second] = [await disks.put(1, large), await disks.put(2, large)];
  use(first, 5);
  await work();
  await clock.advance(13 * HOUR_MS);
  use(second, 90);
  await work();
  expect([tierOf(first), tierOf(second)]).toEqual(['flash', 'hdd']);
  await clock.advance(11 * HOUR_MS);
  await work();
  expect([tierOf(first), tierOf(second)]).toEqual(['hdd', 'flash']);
});

test('a load that goes to and fro moves no asset twice within a day', async () => {
  const assets: HeldAsset[] = [];
  for (const seed of [1, 2, 3]) assets.push(await disks.put(seed, SIZE, 'flash'));
  for (const seed of [4, 5, 6]) assets.push(await disks.put(seed, SIZE));
  const movedAt = new Map<string, number>();
  for (let hour = 0; hour < 480; hour += 6) {
    await clock.advance(6 * HOUR_MS);
    const tiers = assets.map(tierOf);
    for (const [place, asset] of assets.entries())
      if (place < 3 === (Math.floor(hour / 96) % 2 === 0)) use(asset, 40);
    await work();
    for (const [place, asset] of assets.entries()) {
      if (tierOf(asset) === tiers[place]) continue;
      const before = movedAt.get(asset.assetId) ?? Number.NEGATIVE_INFINITY;
      expect(clock.now() - before).toBeGreaterThanOrEqual(TIERING_RULES.stayFor);
      movedAt.set(asset.assetId, clock.now());
    }
  }
  expect(movedAt.size).toBeGreaterThan(0);
});

test('an appliance without flash has nothing to move', async () => {
  await disks.remove();
  await begin({ flashDisks: 0, hddDisks: 2 });
  use(await disks.put(1, SIZE), 9);
  await work();
  expect(moves.promotedAssets).toBe(0);
});

test('an asset whose bytes turn out to be wrong stays where it is, is removed to be filled again, and is tried once', async () => {
  const [rotten, sound] = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
  await disks.rot(disks.pathOf(rotten), 1000);
  use(rotten, 20);
  use(sound, 10);
  await work();
  expect([tierOf(rotten), tierOf(sound)]).toEqual([undefined, 'flash']);
  expect(disks.store.removedAssets.corruption).toBe(1);
});

test('an asset whose bytes turn out to be wrong is mended where parity tells them', async () => {
  await disks.remove();
  await begin({ flashDisks: 1, hddDisks: 4, parity: { dataFiles: 2, parityFiles: 1 } });
  const [rotten] = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
  await disks.protect();
  await disks.rot(disks.pathOf(rotten), 1000);
  use(rotten, 20);
  await work();
  expect((await disks.stored(rotten.assetId)).equals(seededBytes(1, SIZE))).toBe(true);
  expect(moves.promotedAssets).toBe(0);
});

test('a move that fails is not tried over and over', async () => {
  await disks.remove();
  let isFull = false;
  const fileSystem = failingFiles((operation, path) =>
    isFull && operation === 'write' && path.includes('flash-1') ? 'ENOSPC' : undefined,
  );
  await begin({ flashDisks: 1, hddDisks: 2, fileSystem });
  const hot = await disks.put(1, SIZE);
  isFull = true;
  use(hot, 20);
  for (let hour = 0; hour < 3; hour += 1) {
    await work();
    await clock.advance(HOUR_MS);
  }
  const tried = disks.events.filter(({ event }) => event === 'store.asset.moved');
  expect(tried).toMatchObject([{ facts: { verdict: 'unwritable' } }]);
  isFull = false;
  await clock.advance(TIERING_RULES.stayFor);
  use(hot, 20);
  await work();
  expect(tierOf(hot)).toBe('flash');
});

test('nothing moves in the hour after a start', async () => {
  await disks.remove();
  clock = new ManualClock();
  disks = await StoreOnDisks.open({ clock, flashDisks: 1, hddDisks: 2, diskBytes: DISK_BYTES });
  const { store, log } = disks;
  const verifier = new AssetVerifier({ store, reconstruction: undefined, log });
  moves = new MoveAssets({ store, verifier, pace: async () => undefined, clock, log });
  const hot = await disks.put(1, SIZE);
  use(hot, 9);
  await work();
  expect(tierOf(hot)).toBe('hdd');
  await clock.advance(HOUR_MS);
  await work();
  expect(tierOf(hot)).toBe('flash');
});
