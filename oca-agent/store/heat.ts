import { type EpochMs, type Milliseconds, seconds } from '#domain/units.ts';

/**
 * How much an asset is in use: the number of its uses, each counting half as much after every half-life. Kept as its
 * logarithm at one common instant, so that two assets can be compared at any time and nothing has to be aged.
 *
 *     uses(t) = Σ 2^−(t − tᵢ)/H        heat = log₂ Σ 2^(tᵢ/H)        log₂ uses(t) = heat − t/H
 *
 * This is LRFU, whose ends are least frequently used (H → ∞) and least recently used (H → 0).
 * Source: D. Lee et al., "LRFU: A Spectrum of Policies that Subsumes the LRU and LFU Policies", IEEE Trans. Computers
 * 50(12), 2001.
 */
export type Heat = number;

/** Assumption: demand for a title moves from one day to the next. */
const HALF_LIFE: Milliseconds = seconds(86_400);

/** The heat of something used once, at `now`. */
export const heatOfFirstUse = (now: EpochMs): Heat => now / HALF_LIFE;

/** The heat after one more use. */
export function heatAfterUse(heat: Heat, now: EpochMs): Heat {
  const use = heatOfFirstUse(now);
  const larger = Math.max(heat, use);
  return larger + Math.log2(2 ** (heat - larger) + 2 ** (use - larger));
}

/** The uses that a heat stands for at `now`, each counted half as much after every half-life. */
export const usesAt = (heat: Heat, now: EpochMs): number => 2 ** (heat - heatOfFirstUse(now));
