import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import {
  type AssetStanding,
  chooseVictims,
  EVICTION_REASONS,
  type RoomAnswer,
  reasonToGo,
} from '#domain/eviction/eligibility.ts';
import { EVICTION_POLICIES, type EvictionPolicyName } from '#domain/eviction/policy.ts';
import { seededRandom } from '#domain/random.ts';
import { bytes, epochMs } from '#domain/units.ts';

const DAY_MS = 86_400_000;
const NOW = epochMs(Date.UTC(2026, 10, 23));
const PLAIN: AssetStanding = {
  sizeBytes: bytes(10),
  isPinned: false,
  isOpen: false,
  isMoving: false,
  lastUsedAt: NOW,
  availableUntil: undefined,
};
const daysAgo = (days: number) => epochMs(NOW - days * DAY_MS);

describe('an asset', () => {
  test.each([
    ['pinned', { isPinned: true }, undefined],
    ['open to a reader', { isOpen: true }, undefined],
    ['moving, its licence ended', { isMoving: true, availableUntil: daysAgo(1) }, undefined],
    ['pinned, its licence ended', { isPinned: true, availableUntil: daysAgo(1) }, 'licence-ended'],
    ['open, its licence ended', { isOpen: true, availableUntil: NOW }, 'licence-ended'],
    ['licensed for a moment yet', { availableUntil: epochMs(NOW + 1) }, 'policy'],
    ['unused for 30 days', { lastUsedAt: daysAgo(30) }, 'policy'],
    ['unused for 31 days', { lastUsedAt: daysAgo(31) }, 'unused'],
    ['pinned, unused for 31 days', { isPinned: true, lastUsedAt: daysAgo(31) }, undefined],
    ['none of these', {}, 'policy'],
  ] as const)('%s: %j may go as %s', (_name, change, reason) => {
    expect(reasonToGo({ ...PLAIN, ...change }, NOW)).toBe(reason);
  });
});

const standing: fc.Arbitrary<AssetStanding> = fc.record({
  sizeBytes: fc.integer({ min: 1, max: 100 }).map(bytes),
  isPinned: fc.boolean(),
  isOpen: fc.boolean(),
  isMoving: fc.boolean(),
  lastUsedAt: fc.constantFrom(0, 29, 31, 100).map(daysAgo),
  availableUntil: fc.constantFrom(undefined, undefined, daysAgo(1), daysAgo(-1)),
});

function choose(
  name: EvictionPolicyName,
  standings: AssetStanding[],
  lackingBytes: number,
): RoomAnswer {
  const policy = createPolicy(name, { capacityBytes: 2000, random: seededRandom(2) });
  standings.forEach(({ isPinned, sizeBytes }, slot) => {
    if (!isPinned) policy.admit(slot, slot, sizeBytes);
  });
  const slots = standings.map((_, slot) => slot);
  const usedBytes = policy.usedBytes;
  const answer = chooseVictims({
    lackingBytes: bytes(lackingBytes),
    suspects: slots.filter((slot) => slot % 2 === 0),
    busy: slots.filter((slot) => standings[slot]?.isOpen || standings[slot]?.isMoving),
    policy,
    standingOf: (slot) => standings[slot] as AssetStanding,
    now: NOW,
  });
  const taken = answer.victims.filter(({ slot }) => !standings[slot]?.isPinned);
  const takenBytes = taken.reduce(
    (total, { slot }) => total + (standings[slot]?.sizeBytes ?? 0),
    0,
  );
  expect(policy.usedBytes).toBe(usedBytes - takenBytes);
  return answer;
}

describe.each(EVICTION_POLICIES)('room by %s', (name) => {
  test('comes from those that may go, as brute force finds them, in the order of the reasons, and no more than needed', () => {
    fc.assert(
      fc.property(fc.array(standing, { maxLength: 30 }), fc.nat(600), (standings, lackingBytes) => {
        const { victims, freedBytes, shortBytes } = choose(name, standings, lackingBytes);
        const sizeOf = (slot: number): number => standings[slot]?.sizeBytes ?? 0;
        /** A licence that ended is found on a pinned asset only where it is suspected. */
        const mayGo = standings.flatMap((one, slot) =>
          reasonToGo(one, NOW) && (!one.isPinned || slot % 2 === 0) ? [slot] : [],
        );
        const mostBytes = mayGo.reduce((total, slot) => total + sizeOf(slot), 0);
        expect(shortBytes).toBe(Math.max(0, lackingBytes - mostBytes));
        if (shortBytes > 0) return expect(victims).toEqual([]);
        for (const { slot, reason } of victims) {
          expect(mayGo).toContain(slot);
          expect(reason).toBe(reasonToGo(standings[slot] as AssetStanding, NOW));
        }
        expect(new Set(victims.map(({ slot }) => slot)).size).toBe(victims.length);
        expect(victims.reduce((total, { slot }) => total + sizeOf(slot), 0)).toBe(freedBytes);
        expect(freedBytes).toBeGreaterThanOrEqual(lackingBytes);
        expect(freedBytes - sizeOf(victims.at(-1)?.slot ?? -1)).toBeLessThanOrEqual(lackingBytes);
        const suspected = victims.filter(({ slot }) => slot % 2 === 0);
        const ranks = suspected.map(({ reason }) => EVICTION_REASONS.indexOf(reason));
        expect(ranks).toEqual(ranks.toSorted());
      }),
      { numRuns: 200 },
    );
  });
});

test('says how much the busy ones would have helped', () => {
  const open = { ...PLAIN, isOpen: true };
  const answer = choose('lru', [PLAIN, open, open, { ...PLAIN, isPinned: true }], 25);
  expect(answer).toEqual({ victims: [], freedBytes: 0, shortBytes: 15, busyBytes: 20 });
});
