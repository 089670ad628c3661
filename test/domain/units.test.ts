import { expect, test } from '@jest/globals';
import {
  bitsPerSecond,
  bytes,
  elapsed,
  epochMs,
  milliseconds,
  rateOf,
  ratio,
  share,
} from '#domain/units.ts';

test('a size that is not a whole number of bytes is refused', () => {
  expect(() => bytes(-1)).toThrow(RangeError);
  expect(() => bytes(1.5)).toThrow(RangeError);
  expect(() => bytes(2 ** 53)).toThrow(RangeError);
});

test('a ratio outside 0..1 is refused', () => {
  expect(() => ratio(1.01)).toThrow('expected a ratio from 0 to 1, received 1.01');
});

test('a rate is in bits for a size in bytes', () => {
  expect(rateOf(bytes(1_000_000), milliseconds(1000))).toBe(bitsPerSecond(8_000_000));
});

test('a clock that stepped back gives no negative duration', () => {
  expect(elapsed(epochMs(2000), epochMs(1000))).toBe(0);
});

test('the share of nothing is 0', () => {
  expect(share(0, 0)).toBe(0);
});
