import { seededRandom, seedFrom } from '../random.ts';

/**
 * Highest-random-weight order of `members` for `key`: every caller computes the same order, keys spread evenly, and a
 * member that comes or goes moves only the keys that it wins.
 * Source: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM ToN 6(1), 1998.
 */
export function rendezvousOrder<Id extends string>(key: string, members: readonly Id[]): Id[] {
  return members
    .map((id) => ({ id, weight: rendezvousWeight(key, id) }))
    .sort((one, other) => other.weight - one.weight || (one.id < other.id ? -1 : 1))
    .map((member) => member.id);
}

/** The weight of one member for one key, uniform in [0, 1). FNV-1a alone mixes short names badly; the generator's step finishes it. */
export const rendezvousWeight = (key: string, id: string): number =>
  seededRandom(seedFrom(`${key}/${id}`)).next();
