import type { EvictionPolicy } from '#domain/eviction/policy.ts';

const FIRST = 'a'.charCodeAt(0);
const slotOf = (letter: string): number => letter.charCodeAt(0) - FIRST;

/** Admits assets of one byte, uses some, and empties the policy: who went, in order. Letters stand for slots and keys. */
export function victimsOf(policy: EvictionPolicy, admitted: string, used: string): string {
  for (const letter of admitted) policy.admit(slotOf(letter), slotOf(letter), 1);
  for (const letter of used) policy.use(slotOf(letter));
  return evicted(policy, admitted.length);
}

/** The next victims, as letters. */
export const evicted = (policy: EvictionPolicy, count: number): string =>
  Array.from({ length: count }, () =>
    String.fromCharCode(FIRST + (policy.evict(() => true) ?? -1)),
  ).join('');
