import { type Milliseconds, milliseconds } from '../units.ts';
import type { LatencyTail } from './latency-window.ts';

export interface LatencyComparison {
  /** Which of the two is compared, of this disk as of the others. */
  readonly percentile: 95 | 99;
  readonly latency: Milliseconds;
  readonly medianOfOthers: Milliseconds;
  /** How long the reads were noted. */
  readonly duration: Milliseconds;
}

/**
 * The slow end of one disk's reads beside the median of those of the others of its tier: the hundredth, where the disk and
 * one more were read often enough for that, else the twentieth. Undefined for a disk without others.
 * @param floor the least that counts as the others' median: among disks that answer from memory none is slow.
 */
export function compareLatency(
  own: LatencyTail,
  others: readonly LatencyTail[],
  floor: Milliseconds,
): LatencyComparison | undefined {
  const { duration } = own;
  const p99s = others.flatMap(({ p99 }) => p99 ?? []);
  if (own.p99 !== undefined && p99s.length > 0) {
    const medianOfOthers = medianOf(p99s, floor);
    return { percentile: 99, latency: own.p99, medianOfOthers, duration };
  }
  if (others.length === 0) return undefined;
  const p95s = others.map(({ p95 }) => p95);
  return { percentile: 95, latency: own.p95, medianOfOthers: medianOf(p95s, floor), duration };
}

/** The lower one of two in the middle. */
function medianOf(values: readonly Milliseconds[], floor: Milliseconds): Milliseconds {
  const sorted = values.toSorted((one, other) => one - other);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return milliseconds(Math.max(median, floor));
}
