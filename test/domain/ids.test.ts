import { expect, test } from '@jest/globals';
import { isAssetId, isCloudFrontId, isOcaId, isTitleId } from '#domain/ids.ts';

test.each(['', '-a', 'a-', 'A', 'a_b', 'a.b', 'a/b', 'ä', 'a'.repeat(64), 'a\n'])(
  '%j is no title id',
  (text) => {
    expect(isTitleId(text)).toBe(false);
  },
);

test.each(['a', '7', 'city-at-night', 'a'.repeat(63)])('%j is a title id', (text) => {
  expect(isTitleId(text)).toBe(true);
});

test.each(['cloudfront', 'cloudfront-2', 'cloudfront-17'])(
  'no OCA may be called %s, the name of a distribution',
  (text) => {
    expect([isOcaId(text), isCloudFrontId(text)]).toEqual([false, true]);
  },
);

test.each(['metro-1', 'cloudfront-x', 'cloudfronts', 'my-cloudfront'])(
  '%s may name an OCA',
  (text) => {
    expect([isOcaId(text), isCloudFrontId(text)]).toEqual([true, false]);
  },
);

test('an asset id is 64 lower-case hex digits', () => {
  expect(isAssetId('a'.repeat(64))).toBe(true);
  expect(isAssetId('A'.repeat(64))).toBe(false);
  expect(isAssetId('a'.repeat(63))).toBe(false);
});
