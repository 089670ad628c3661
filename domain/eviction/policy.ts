import type { Random } from '../random.ts';

/** Every policy by name. `random` and `lru` are there to be compared with; docs/measurements.md has all of them. */
export const EVICTION_POLICIES = [
  'adaptive',
  'gdsf',
  'lfu-da',
  'lru',
  'random',
  's3-fifo',
  'sieve',
] as const;
export type EvictionPolicyName = (typeof EVICTION_POLICIES)[number];
export const DEFAULT_EVICTION_POLICY: EvictionPolicyName = 'adaptive';

/** Where an asset's columns are: a small whole number, given to another asset when this one has gone. */
export type Slot = number;
/** What outlives a stay: 53 bits of the asset's identity. Ghosts remember it. */
export type EvictionKey = number;

/**
 * Decides who leaves. It knows the assets that may be evicted, and no others: what is pinned is taken out and comes in
 * again. It is told of every use, and asked for a victim when room is needed.
 */
export interface EvictionPolicy {
  readonly name: EvictionPolicyName;
  /** Bytes of the assets that it knows. */
  readonly usedBytes: number;
  /** An asset comes in, after a miss or when it is pinned no longer. */
  admit(slot: Slot, key: EvictionKey, sizeBytes: number): void;
  /** It is here, and was asked for. */
  use(slot: Slot): void;
  /** It left for another reason than eviction: pinned, moved, withdrawn, lost. */
  remove(slot: Slot): void;
  /** Chooses who goes next and takes it out. Passes over who may not go now; undefined when nobody may. */
  evict(mayGo: (slot: Slot) => boolean): Slot | undefined;
}

export interface PolicyOptions {
  /** The bytes that its assets may fill; for policies that divide them. */
  readonly capacityBytes: number;
  readonly random: Random;
}
