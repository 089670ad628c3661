import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PriceStep, tieredCost } from '#domain/cost/tiered-price.ts';
import { usDollars } from '#domain/units.ts';

const step = (upToTerabytes: number | undefined, usdPerGigabyte: number): PriceStep => ({
  upToBytes: upToTerabytes === undefined ? undefined : upToTerabytes * 1e12,
  usdPerGigabyte: usDollars(usdPerGigabyte),
});
/** Source: aws.amazon.com/cloudfront/pricing, United States, as in config/example.yaml. */
const STEPS = [step(10, 0.085), step(50, 0.08), step(150, 0.06), step(undefined, 0.04)];

test.each([
  [0, 0],
  [1e9, 0.085],
  [10e12 - 1e9, 850 - 0.085],
  [10e12, 850],
  [10e12 + 1e9, 850 + 0.08],
  [50e12, 850 + 3200],
  [150e12, 850 + 3200 + 6000],
  [1e15, 850 + 3200 + 6000 + 34_000],
])('%d bytes cost %d USD', (bytes, usd) => {
  expect(tieredCost(STEPS, bytes)).toBeCloseTo(usd, 6);
});

test('a single byte over the edge costs the next price, and one under it the price before', () => {
  const over = tieredCost(STEPS, 10e12 + 1) - tieredCost(STEPS, 10e12);
  const under = tieredCost(STEPS, 10e12) - tieredCost(STEPS, 10e12 - 1);
  // A byte is 10^-9 GB; doubles near 850 resolve 10^-13.
  expect(over).toBeCloseTo(0.08e-9, 12);
  expect(under).toBeCloseTo(0.085e-9, 12);
  expect(over).toBeLessThan(under);
});

test('more never costs less', () => {
  const volume = fc.double({ min: 0, max: 1e16, noNaN: true });
  fc.assert(
    fc.property(volume, volume, (one, other) => {
      const [less, more] = one < other ? [one, other] : [other, one];
      expect(tieredCost(STEPS, less)).toBeLessThanOrEqual(tieredCost(STEPS, more));
    }),
    { seed: 20261123 },
  );
});

test('a negative volume is a bug of the caller', () => {
  expect(() => tieredCost(STEPS, -1)).toThrow('a volume is not negative');
});
