import { expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { AssetIndex } from '../../../oca-agent/store/asset-index.ts';
import { Suspects } from '../../../oca-agent/store/suspects.ts';
import { assetOf, idOf, nameOf } from '../fixtures/index-model.ts';

const DAY_MS = 86_400_000;
const now = epochMs(1_800_000_000_000);
const daysAgo = (days: number) => epochMs(now - days * DAY_MS);
const DISK = 'hdd-1' as DiskId;
const OTHER = 'flash-1' as DiskId;

/** Assets on one disk, each last used so many days ago. */
function holding(days: readonly number[]) {
  const index = new AssetIndex();
  days.forEach((unusedDays, seed) => {
    index.add({ ...assetOf(seed), diskId: DISK, tier: 'hdd' }, daysAgo(unusedDays));
  });
  return { index, suspects: new Suspects(index) };
}
function plan(index: AssetIndex, seed: number, endedDays: number): void {
  const { fetchedAt: _, ...name } = nameOf(0, seed);
  const { assetId, sizeBytes } = assetOf(seed);
  const availableUntil = daysAgo(endedDays);
  index.setPlan([{ ...name, assetId, sizeBytes, tier: 'hdd', priority: 1, availableUntil }]);
}

test('whose licence has ended comes first, planned as he is, then the longest unused; nobody else', () => {
  const { index, suspects } = holding([0, 31, 40, 29, 35]);
  plan(index, 3, 1);
  suspects.look(now);
  expect(suspects.of(DISK)).toEqual([3, 2, 4, 1]);
  expect(suspects.of(OTHER)).toEqual([]);
});

test('who has left the disk since is no suspect there, and who was used is at the next look', () => {
  const { index, suspects } = holding([31, 32, 33]);
  suspects.look(now);
  index.remove(idOf(2));
  index.move(idOf(1), { diskId: OTHER, tier: 'flash' });
  index.touch(0, now);
  expect(suspects.of(DISK)).toEqual([0]);
  suspects.look(now);
  expect([suspects.of(DISK), suspects.of(OTHER)]).toEqual([[], [1]]);
});

test('of many, a look takes some, a round all, and the longest unused are remembered', () => {
  const count = 40_000;
  const { suspects } = holding(
    Array.from({ length: count }, (_, seed) => 31 + ((seed * 7919) % count) / 1440),
  );
  suspects.look(now);
  suspects.look(now);
  expect(suspects.of(DISK)).toEqual([]);
  suspects.look(now);
  const found = suspects.of(DISK);
  const longest = Array.from({ length: count }, (_, seed) => seed)
    .sort((one, other) => ((other * 7919) % count) - ((one * 7919) % count))
    .slice(0, found.length);
  expect(found.length).toBeGreaterThan(100);
  expect(found.length).toBeLessThan(1000);
  expect(found).toEqual(longest);
});
