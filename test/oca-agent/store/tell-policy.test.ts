import { expect, test } from '@jest/globals';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import type { DiskId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { epochMs } from '#domain/units.ts';
import { AssetIndex } from '../../../oca-agent/store/asset-index.ts';
import { DiskEviction, SlotNumbers } from '../../../oca-agent/store/disk-eviction.ts';
import { tellColdestFirst } from '../../../oca-agent/store/tell-policy.ts';
import { assetOf, idOf, nameOf } from '../fixtures/index-model.ts';

const DISK = 'hdd-1' as DiskId;
const HOUR_MS = 3_600_000;
const now = epochMs(1_800_000_000_000);
const always = () => true;
/** More than one slice of each kind. */
const MANY = 70_000;

function holding(count: number, hourOf: (seed: number) => number) {
  const index = new AssetIndex();
  for (let seed = 0; seed < count; seed += 1)
    index.add(
      { ...assetOf(seed), diskId: DISK, tier: 'hdd' },
      epochMs(now - hourOf(seed) * HOUR_MS),
    );
  const policy = createPolicy('lru', { capacityBytes: 1e15, random: seededRandom(1) });
  return { index, disk: new DiskEviction(policy, new SlotNumbers()) };
}
function plan(index: AssetIndex, seed: number): void {
  const { fetchedAt: _, ...name } = nameOf(0, seed);
  const { assetId, sizeBytes } = assetOf(seed);
  index.setPlan([{ ...name, assetId, sizeBytes, tier: 'hdd', priority: 1 }]);
}
const victimsOf = (disk: DiskEviction) => {
  const victims: number[] = [];
  for (let slot = disk.evict(always); slot !== undefined; slot = disk.evict(always))
    victims.push(slot);
  return victims;
};

test('the coldest come first, and neither the planned nor those on another disk at all', async () => {
  const { index, disk } = holding(6, (seed) => [5, 1, 9, 3, 7, 2][seed] ?? 0);
  index.move(idOf(4), { diskId: 'hdd-2' as DiskId, tier: 'hdd' });
  plan(index, 0);
  await tellColdestFirst(disk, DISK, { index, isNeeded: always });
  expect(victimsOf(disk)).toEqual([2, 3, 5, 1]);
});

test('of many it tells in slices; what comes, goes and is pinned between them is right in the end', async () => {
  const { index, disk } = holding(MANY, (seed) => (seed * 7919) % MANY);
  let turns = 0;
  let isOver = false;
  const others = () => {
    turns += 1;
    if (turns === 3) {
      disk.remove(100);
      index.remove(idOf(100));
      const newcomer = index.add({ ...assetOf(MANY), diskId: DISK, tier: 'hdd' }, now);
      expect(newcomer.slot).toBe(100);
      disk.admit(newcomer.slot, index.keyOf(newcomer.slot), newcomer.sizeBytes);
      plan(index, 200);
    }
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  await tellColdestFirst(disk, DISK, { index, isNeeded: always });
  isOver = true;
  expect(turns).toBeGreaterThan(5);
  const victims = victimsOf(disk);
  expect(victims).not.toContain(200);
  expect(victims).toHaveLength(MANY - 1);
  expect(new Set(victims).size).toBe(MANY - 1);
  const heats = victims.filter((slot) => slot !== 100).map((slot) => index.heatOf(slot));
  for (const [place, heat] of heats.entries())
    expect(heat).toBeGreaterThanOrEqual((heats[place - 1] ?? 0) - 0.002);
});

test('a policy that is needed no longer is told nothing more', async () => {
  const { index, disk } = holding(MANY, () => 1);
  let asked = 0;
  const isNeeded = () => {
    asked += 1;
    return asked < 1000;
  };
  await tellColdestFirst(disk, DISK, { index, isNeeded });
  expect(victimsOf(disk)).toHaveLength(999);
});
