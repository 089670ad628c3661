import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMs } from '#domain/units.ts';
import { heatAfterUse, heatOfFirstUse } from '../../../oca-agent/store/heat.ts';

const DAY_MS = 86_400_000;
const heatOf = (...days: number[]) => {
  const [first = 0, ...more] = days.map((day) => epochMs(day * DAY_MS));
  return more.reduce((heat, at) => heatAfterUse(heat, at), heatOfFirstUse(epochMs(first)));
};

test('two uses a day ago count as much as one now', () => {
  expect(heatOf(20_000, 20_000)).toBeCloseTo(heatOf(20_001), 9);
});

test('among equally recent the more used is hotter, among equally used the more recent', () => {
  expect(heatOf(20_000, 20_000, 20_000)).toBeGreaterThan(heatOf(20_000, 20_000));
  expect(heatOf(20_000, 20_002)).toBeGreaterThan(heatOf(20_000, 20_001));
});

test('heat is the logarithm of the aged number of uses, whatever their order', () => {
  const days = fc.array(fc.double({ min: 20_000, max: 20_030, noNaN: true }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(days, (uses) => {
      const latest = 20_030;
      const aged = uses.reduce((sum, day) => sum + 2 ** (day - latest), 0);
      expect(heatOf(...uses)).toBeCloseTo(Math.log2(aged) + latest, 6);
    }),
    { seed: 7 },
  );
});
