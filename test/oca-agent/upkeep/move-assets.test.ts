import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TIERING_RULES } from '#domain/tiering/plan-moves.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { MoveAssets } from '../../../oca-agent/upkeep/move-assets.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';

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
  disks = await StoreOnDisks.open({ clock, flashDisks: 1, hddDisks: 2, diskBytes: DISK_BYTES });
  const { store, log } = disks;
  moves = new MoveAssets({ store, pace: async () => undefined, clock, log });
});
afterEach(() => disks.remove());

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

test('one that has come to flash stays for a day, however much another is used', async () => {
  const large = 900_000;
  await disks.remove();
  disks = await StoreOnDisks.open({ clock, flashDisks: 1, hddDisks: 3, diskBytes: DISK_BYTES });
  const { store, log } = disks;
  moves = new MoveAssets({ store, pace: async () => undefined, clock, log });
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
  disks = await StoreOnDisks.open({ clock, flashDisks: 0, hddDisks: 2, diskBytes: DISK_BYTES });
  const { store, log } = disks;
  moves = new MoveAssets({ store, pace: async () => undefined, clock, log });
  use(await disks.put(1, SIZE), 9);
  await work();
  expect(moves.promotedAssets).toBe(0);
});
