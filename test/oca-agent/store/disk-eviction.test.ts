import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import type { DiskId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { bytes, epochMs } from '#domain/units.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { DiskEviction, SlotNumbers } from '../../../oca-agent/store/disk-eviction.ts';
import { formatSidecar } from '../../../oca-agent/store/sidecar.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { nameFor, TestStore } from '../fixtures/stores.ts';
import { until } from '../fixtures/until.ts';

const SIZE = 20_000;
let site: TestStore;

beforeEach(async () => {
  site = await TestStore.open({ tiers: ['hdd', 'hdd'], capacityBytes: 100_000 });
});
afterEach(() => site.close());

const contentOf = (seed: number) => seededBytes(900 + seed, SIZE);
const [FIRST, SECOND] = ['hdd-0', 'hdd-1'] as DiskId[];
/** Onto one disk; four fit. */
async function putOn(diskId: DiskId, seed: number): Promise<HeldAsset> {
  const avoidDisks = new Set(site.diskIds.filter((other) => other !== diskId));
  const sizeBytes = bytes(SIZE);
  const writer = await site.store.begin({ sizeBytes, tiers: ['hdd'], mayEvict: true, avoidDisks });
  if (!writer) throw new Error('no room');
  await writer.append(contentOf(seed));
  return site.store.publish(writer, writer.verify(undefined), [nameFor(`${seed}.mp4`)]);
}
const heldOn = (diskId: DiskId) =>
  Array.from(site.store.index.assetsOfDisk(diskId), ({ assetId }) => assetId);
const placeOf = (diskId: DiskId, { assetId }: HeldAsset) =>
  join(site.folder, diskId, 'objects', assetId.slice(0, 2), assetId);

test('a slot of another disk is a stranger to this one', () => {
  const numbers = new SlotNumbers();
  const policyOf = () => createPolicy('lru', { capacityBytes: 100, random: seededRandom(1) });
  const [one, other] = [
    new DiskEviction(policyOf(), numbers),
    new DiskEviction(policyOf(), numbers),
  ];
  one.admit(7, 7, 10);
  other.admit(8, 8, 10);
  other.remove(7);
  other.use(7);
  expect([one.usedBytes, other.usedBytes]).toEqual([10, 10]);
  one.clear();
  other.admit(7, 7, 10);
  expect(other.usedBytes).toBe(20);
  expect(other.evict((slot) => slot === 7)).toBe(7);
});

test('an asset that is found on another disk than the index thought makes room there, and not where it was', async () => {
  // Both disks have their policy once they have evicted.
  for (const seed of [1, 2, 3, 4, 5]) await putOn(FIRST as DiskId, seed);
  for (const seed of [11, 12, 13, 14, 15]) await putOn(SECOND as DiskId, seed);
  const [moved] = site.store.index.assetsOfDisk(FIRST as DiskId);
  if (!moved) throw new Error('nothing is held');
  const seed =
    [2, 3, 4, 5].find(
      (one) => site.store.find(nameFor('').titleId, `${one}.mp4`)?.assetId === moved.assetId,
    ) ?? 0;
  await site.store.remove(heldOn(SECOND as DiskId)[0] ?? moved.assetId, 'eviction');
  await mkdir(join(placeOf(SECOND as DiskId, moved), '..'), { recursive: true });
  await writeFile(placeOf(SECOND as DiskId, moved), contentOf(seed));
  const sidecar = formatSidecar({ sizeBytes: bytes(SIZE), names: [nameFor(`${seed}.mp4`)] });
  await writeFile(`${placeOf(SECOND as DiskId, moved)}.json`, sidecar);
  await rm(placeOf(FIRST as DiskId, moved));
  const second = site.store.volume(SECOND as DiskId);
  if (second) await site.store.reconcile(second);
  expect(heldOn(SECOND as DiskId)).toContain(moved.assetId);
  for (const next of [21, 22, 23, 24]) await putOn(FIRST as DiskId, next);
  expect(heldOn(SECOND as DiskId)).toContain(moved.assetId);
  for (const next of [31, 32, 33, 34]) await putOn(SECOND as DiskId, next);
  expect(heldOn(SECOND as DiskId)).not.toContain(moved.assetId);
  expect([heldOn(FIRST as DiskId).length, heldOn(SECOND as DiskId).length]).toEqual([4, 4]);
});

test('what a disk holds that has come back may be evicted, whoever told the index of it', async () => {
  for (const seed of [1, 2, 3, 4, 5]) await putOn(FIRST as DiskId, seed);
  const known = [...site.store.index.assetsOfDisk(FIRST as DiskId)];
  const [path, volume] = [join(site.folder, FIRST ?? ''), site.store.volume(FIRST as DiskId)];
  await rename(path, `${path}-pulled`);
  await volume?.look();
  await until(() => heldOn(FIRST as DiskId).length === 0, 'the disk to be forgotten');
  // As parity does for an index that was lost, too.
  const [told] = known;
  if (!told) throw new Error('nothing was held');
  const { slot: _, ...asset } = told;
  site.store.index.add(asset, epochMs(Date.now()));
  site.store.index.bind(asset.assetId, nameFor('told.mp4'));
  await rename(`${path}-pulled`, path);
  await volume?.look();
  await until(() => heldOn(FIRST as DiskId).length === 4, 'the disk to be welcomed');
  for (const seed of [6, 7, 8, 9]) await putOn(FIRST as DiskId, seed);
  expect(heldOn(FIRST as DiskId)).toHaveLength(4);
  expect(heldOn(FIRST as DiskId)).not.toContain(asset.assetId);
});
