import { grown } from '#domain/eviction/columns.ts';
import type { Slot } from '#domain/eviction/policy.ts';
import type { DiskId } from '#domain/ids.ts';
import { yieldToOthers } from '../slices.ts';
import type { AssetIndex } from './asset-index.ts';
import type { DiskEviction } from './disk-eviction.ts';

/** So many slots are looked at, or assets told of, before others get their turn: some milliseconds. */
const SLOTS_A_SLICE = 65_536;
const ASSETS_A_SLICE = 4_096;

/**
 * Tells the policy of a disk which assets may be evicted there, coldest first, so that what was learned before a restart
 * is not lost. In slices: what comes, goes or is pinned meanwhile is told by others, and is right here too.
 * @param isNeeded false: the policy is needed no longer.
 */
export async function tellColdestFirst(
  disk: DiskEviction,
  diskId: DiskId,
  { index, isNeeded }: { readonly index: AssetIndex; readonly isNeeded: () => boolean },
): Promise<void> {
  const ranks = (await evictableRanks(index, diskId)).sort();
  await yieldToOthers();
  for (let place = 0; place < ranks.length; place += 1) {
    if (place % ASSETS_A_SLICE === 0 && place > 0) await yieldToOthers();
    if (!isNeeded()) return;
    const slot = slotOf(ranks[place] as number);
    if (isEvictable(index, slot, diskId)) disk.admit(slot, index.keyOf(slot), index.sizeOf(slot));
  }
}

/** A slot and its heat in one number: an array of numbers is sorted ten times as fast as by a comparison of ours. */
const SLOTS_MAX = 2 ** 24;
const HEAT_STEPS = 1024;

const rankOf = (slot: Slot, index: AssetIndex): number =>
  Math.round(index.heatOf(slot) * HEAT_STEPS) * SLOTS_MAX + slot;
const slotOf = (rank: number): Slot => rank - Math.floor(rank / SLOTS_MAX) * SLOTS_MAX;

async function evictableRanks(index: AssetIndex, diskId: DiskId): Promise<Float64Array> {
  let ranks = new Float64Array(0);
  let count = 0;
  for (let slot = 0; slot < index.slotsEnd; slot += 1) {
    if (slot % SLOTS_A_SLICE === 0 && slot > 0) await yieldToOthers();
    if (!isEvictable(index, slot, diskId)) continue;
    if (count === ranks.length) ranks = grown(ranks, count);
    ranks[count] = rankOf(slot, index);
    count += 1;
  }
  return ranks.subarray(0, count);
}

const isEvictable = (index: AssetIndex, slot: Slot, diskId: DiskId): boolean =>
  index.isOn(slot, diskId) && !index.isPinned(slot);
