import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { EvictToWatermark, headroomBytesOf } from '../../../oca-agent/upkeep/evict-to-watermark.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { planItem } from '../fixtures/plans.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';

const DISK_BYTES = 4_000_000;
/** Thirteen fill a flash disk but for less than its headroom. */
const SIZE = 290_000;

let clock: ManualClock;
let disks: StoreOnDisks;
let task: EvictToWatermark;

beforeEach(async () => {
  clock = new ManualClock();
  disks = await StoreOnDisks.open({ clock, flashDisks: 1, hddDisks: 1, diskBytes: DISK_BYTES });
  task = new EvictToWatermark(disks.store);
});
afterEach(() => disks.remove());

async function work(): Promise<void> {
  while (await task.step());
}
const isHeld = ({ assetId }: HeldAsset) => disks.store.index.asset(assetId) !== undefined;
const flashRoom = () => {
  const [flash] = disks.store.volumes;
  return flash ? disks.store.roomOf(flash) : 0;
};

test('a disk that is all but full gets its headroom back, and one with room keeps everything', async () => {
  for (let seed = 1; seed <= 13; seed += 1) await disks.put(seed, SIZE, 'flash');
  const hdd = await disks.put(20, SIZE, 'hdd');
  expect(await flashRoom()).toBeLessThan(headroomBytesOf(DISK_BYTES));
  await work();
  expect(await flashRoom()).toBeGreaterThanOrEqual(headroomBytesOf(DISK_BYTES));
  expect([disks.store.index.usageOfDisk(hdd.diskId).assetCount, isHeld(hdd)]).toEqual([1, true]);
  expect(disks.store.removedAssets.eviction).toBe(1);
  await work();
  expect(disks.store.removedAssets.eviction).toBe(1);
});

test('what may be held no longer goes, though it is planned and there is room', async () => {
  const [ended, licensed] = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
  const item = (seed: number, availableUntil: number) => ({
    ...planItem(`${seed}.mp4`, seededBytes(seed, SIZE)),
    availableUntil: epochMs(availableUntil),
  });
  await disks.store.setPlan([item(1, clock.now() - 1), item(2, clock.now() + 1e9)]);
  await work();
  expect([isHeld(ended), isHeld(licensed)]).toEqual([false, true]);
  expect(disks.store.removedAssets).toMatchObject({ licence: 1, eviction: 0 });
});
