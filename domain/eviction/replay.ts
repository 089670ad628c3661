import type { EvictionPolicy, Slot } from './policy.ts';

/** Requests in order. `ids` count up from 0, so that arrays can be indexed by them. */
export interface Trace {
  readonly ids: Uint32Array;
  /** Bytes of each request's asset. */
  readonly sizes: Float64Array;
  readonly objectCount: number;
}

/** What became of a trace. Misses are the rest. */
export interface ReplayCounts {
  readonly requestCount: number;
  readonly requestedBytes: number;
  readonly hitCount: number;
  readonly hitBytes: number;
}

const ABSENT = -1;
const always = (): boolean => true;

/**
 * Sends a trace through a policy: a hit is a use; a miss evicts until it fits and is admitted; what is larger than the
 * whole is a miss and stays out. Nothing is left out to warm up. Source: libCacheSim's `cache_get_base`.
 */
export function replay(trace: Trace, policy: EvictionPolicy, capacityBytes: number): ReplayCounts {
  const slotById = new Int32Array(trace.objectCount).fill(ABSENT);
  const idBySlot: number[] = [];
  const freeSlots: Slot[] = [];
  let requestedBytes = 0;
  let hitCount = 0;
  let hitBytes = 0;
  for (let index = 0; index < trace.ids.length; index += 1) {
    const id = trace.ids[index] as number;
    const sizeBytes = trace.sizes[index] as number;
    requestedBytes += sizeBytes;
    const held = slotById[id] as number;
    if (held !== ABSENT) {
      hitCount += 1;
      hitBytes += sizeBytes;
      policy.use(held);
      continue;
    }
    if (sizeBytes > capacityBytes) continue;
    while (policy.usedBytes + sizeBytes > capacityBytes) {
      const victim = policy.evict(always) as Slot;
      slotById[idBySlot[victim] as number] = ABSENT;
      freeSlots.push(victim);
    }
    const slot = freeSlots.pop() ?? idBySlot.length;
    idBySlot[slot] = id;
    slotById[id] = slot;
    policy.admit(slot, id, sizeBytes);
  }
  return { requestCount: trace.ids.length, requestedBytes, hitCount, hitBytes };
}

/** All bytes that a trace asks for, each asset once, at its largest. */
export function footprintBytes({ ids, sizes, objectCount }: Trace): number {
  const largest = new Float64Array(objectCount);
  ids.forEach((id, index) => {
    largest[id] = Math.max(largest[id] as number, sizes[index] as number);
  });
  return largest.reduce((total, sizeBytes) => total + sizeBytes, 0);
}
