import type { DiskId } from '../ids.ts';
import { type Milliseconds, milliseconds } from '../units.ts';

export interface LatencyComparison {
  readonly p99: Milliseconds;
  readonly medianOfOthers: Milliseconds;
}

/**
 * Each disk's 99th percentile beside the median of the others of its tier; nothing for a disk without others.
 * @param floor the least that counts as the others' median: among disks that answer from memory none is slow.
 */
export function compareLatencies(
  p99ByDisk: ReadonlyMap<DiskId, Milliseconds>,
  floor: Milliseconds,
): Map<DiskId, LatencyComparison> {
  const compared = new Map<DiskId, LatencyComparison>();
  for (const [diskId, p99] of p99ByDisk) {
    const others = [...p99ByDisk].filter(([other]) => other !== diskId).map(([, value]) => value);
    if (others.length === 0) continue;
    others.sort((one, other) => one - other);
    const median = others[Math.floor((others.length - 1) / 2)] ?? 0;
    compared.set(diskId, { p99, medianOfOthers: milliseconds(Math.max(median, floor)) });
  }
  return compared;
}
