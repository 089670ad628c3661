import { expect, test } from '@jest/globals';
import { isAssetId, isOcaId, isTitleId } from '#domain/ids.ts';

test.each(['', '-a', 'a-', 'A', 'a_b', 'a.b', 'a/b', 'ä', 'a'.repeat(64), 'a\n'])(
  '%j is no title id',
  (text) => {
    expect(isTitleId(text)).toBe(false);
  },
);

test.each(['a', '7', 'city-at-night', 'a'.repeat(63)])('%j is a title id', (text) => {
  expect(isTitleId(text)).toBe(true);
});

test('no OCA may be called cloudfront, the name of the last pathway', () => {
  expect(isOcaId('cloudfront')).toBe(false);
  expect(isOcaId('metro-1')).toBe(true);
});

test('an asset id is 64 lower-case hex digits', () => {
  expect(isAssetId('a'.repeat(64))).toBe(true);
  expect(isAssetId('A'.repeat(64))).toBe(false);
  expect(isAssetId('a'.repeat(63))).toBe(false);
});
