import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstKeys, type LiveKeys, rotateKeys, rotationDueAt } from '#domain/tokens/rotate-keys.ts';
import { type EpochMs, epochMs, milliseconds, seconds } from '#domain/units.ts';

const BEGUN = epochMs(1_800_000_000_000);
const LIFETIME = seconds(4 * 3600);
const rules = (now: number) => ({ now: epochMs(now), lifetime: LIFETIME });

test('without any key there is nothing to rotate', () => {
  expect(() => rotateKeys({ keys: [] }, 'new', rules(BEGUN))).toThrow(RangeError);
});

test('a set that is rotated too soon stays as it is, and it is told when it may be', () => {
  const live = firstKeys('a', 'b', BEGUN);
  const dueAt = rotationDueAt(BEGUN, LIFETIME);
  expect(dueAt - BEGUN).toBe(LIFETIME + 900_000);
  expect(rotateKeys(live, 'c', rules(dueAt - 1))).toEqual({ ok: false, dueAt });
  expect(rotateKeys(live, 'c', rules(BEGUN - 1))).toEqual({ ok: false, dueAt });
});

test('the next key signs, the new one comes next, and the one that signed goes on verifying', () => {
  const first = rotateKeys(firstKeys('a', 'b', BEGUN), 'c', rules(BEGUN + 1e9));
  expect(first).toEqual({ ok: true, live: { keys: ['b', 'c', 'a'], rotatedAt: BEGUN + 1e9 } });
  const second = first.ok && rotateKeys(first.live, 'd', rules(BEGUN + 2e9));
  expect(second).toMatchObject({ live: { keys: ['c', 'd', 'b'] } });
});

test.each([
  [['a'], ['a', 'new']],
  [
    ['a', 'old'],
    ['a', 'new', 'old'],
  ],
  [
    ['a', 'old', 'older'],
    ['a', 'new', 'old'],
  ],
])('a set that was never rotated, %j, first gets a next key: %j', (keys, expected) => {
  expect(rotateKeys({ keys }, 'new', rules(BEGUN))).toEqual({
    ok: true,
    live: { keys: expected, rotatedAt: BEGUN },
  });
});

/** How far behind a signer or a verifier may be: what both re-read every five minutes, and clocks. */
const LAG = seconds(600);

interface Moment {
  readonly at: EpochMs;
  readonly live: LiveKeys<number>;
}

/** The set in force at an instant as somebody sees it who is `lag` behind. */
const seenAt = (history: readonly Moment[], at: number, lag: number): LiveKeys<number> => {
  const seen = history.findLast((moment) => moment.at <= at - lag) ?? history[0];
  return seen?.live ?? { keys: [] };
};

test('at every moment all that was signed within its lifetime verifies, by two or three keys, of which one signs', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 10 * LIFETIME }), { maxLength: 12 });
  const lag = () => fc.integer({ min: 0, max: LAG });
  const signing = fc.record({
    after: fc.integer({ min: 0, max: 60 * LIFETIME }),
    signerLag: lag(),
    verifierLag: lag(),
    age: fc.integer({ min: 0, max: LIFETIME }),
  });
  fc.assert(
    fc.property(waits, fc.array(signing, { minLength: 1, maxLength: 20 }), (pauses, signings) => {
      const history: Moment[] = [{ at: BEGUN, live: firstKeys(0, 1, BEGUN) }];
      let [now, newKey] = [BEGUN as number, 2];
      for (const pause of pauses) {
        now += pause;
        const { live } = history.at(-1) as Moment;
        const rotation = rotateKeys(live, newKey, rules(now));
        if (!rotation.ok) continue;
        newKey += 1;
        history.push({ at: epochMs(now), live: rotation.live });
      }
      for (const { live } of history) {
        expect([2, 3]).toContain(live.keys.length);
        expect(new Set(live.keys).size).toBe(live.keys.length);
      }
      for (const { after, signerLag, verifierLag, age } of signings) {
        const signedAt = BEGUN + after;
        const [kid] = seenAt(history, signedAt, signerLag).keys;
        expect(seenAt(history, signedAt + age, verifierLag).keys).toContain(kid);
      }
    }),
    { seed: 20261123, numRuns: 500 },
  );
});

test('milliseconds are the unit of all of it', () => {
  const lifetime = milliseconds(1000);
  expect(rotationDueAt(BEGUN, lifetime) - BEGUN).toBe(901_000);
});
