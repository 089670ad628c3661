import type { ReplayCounts, Trace } from './replay.ts';
import { SlotHeap } from './slot-heap.ts';

/**
 * What would be hit if the future were known: the one used again last goes first. With equal sizes nothing can hit more;
 * with unequal ones it is a good mark and no proof, as the exact optimum is NP-hard. Without `mayBypass` every miss comes
 * in; with it, a miss that would be used again after all who would have to go stays out, as an OCA may stream it through.
 * Source: L. Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems Journal 5(2), 1966.
 */
export function replayOffline(
  trace: Trace,
  capacityBytes: number,
  options: { readonly mayBypass: boolean },
): ReplayCounts {
  const nextUses = nextUsesOf(trace);
  const heldBytes = new Float64Array(trace.objectCount);
  const isHeld = new Uint8Array(trace.objectCount);
  const heap = new SlotHeap();
  let usedBytes = 0;
  let requestedBytes = 0;
  let hitCount = 0;
  let hitBytes = 0;
  for (let index = 0; index < trace.ids.length; index += 1) {
    const id = trace.ids[index] as number;
    const sizeBytes = trace.sizes[index] as number;
    const nextUse = nextUses[index] as number;
    requestedBytes += sizeBytes;
    if (isHeld[id] === 1) {
      hitCount += 1;
      hitBytes += sizeBytes;
      heap.place(id, -nextUse);
      continue;
    }
    if (sizeBytes > capacityBytes) continue;
    while (usedBytes + sizeBytes > capacityBytes) {
      const last = heap.first;
      if (options.mayBypass && -heap.lowestPriority <= nextUse) break;
      heap.remove(last);
      isHeld[last] = 0;
      usedBytes -= heldBytes[last] as number;
    }
    if (usedBytes + sizeBytes > capacityBytes) continue;
    isHeld[id] = 1;
    heldBytes[id] = sizeBytes;
    usedBytes += sizeBytes;
    heap.place(id, -nextUse);
  }
  return { requestCount: trace.ids.length, requestedBytes, hitCount, hitBytes };
}

/** Of each request, the position of the next one for the same asset; the end of the trace for the last. */
function nextUsesOf({ ids, objectCount }: Trace): Float64Array {
  const next = new Float64Array(ids.length);
  const upcoming = new Float64Array(objectCount).fill(ids.length);
  for (let index = ids.length - 1; index >= 0; index -= 1) {
    const id = ids[index] as number;
    next[index] = upcoming[id] as number;
    upcoming[id] = index;
  }
  return next;
}
