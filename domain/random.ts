/** A source of randomness whose whole sequence follows from its seed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
}

/**
 * Mulberry32: a 32-bit counter through a mixing function; period 2^32. For jitter and test data, never for keys.
 * Source: T. Ettinger, "Mulberry32", 2017 (public domain algorithm).
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** `value` moved by at most ±`spread` of itself, so that a fleet does not act in step. */
export const jittered = (value: number, spread: number, random: Random): number =>
  value * (1 + spread * (2 * random.next() - 1));

/** A 32-bit FNV-1a hash, to seed a generator from a name. Source: draft-eastlake-fnv-21, section 5. */
export function seedFrom(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
