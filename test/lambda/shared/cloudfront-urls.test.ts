import { expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { cloudFrontUrlFor, cloudFrontUrls } from '../../../lambda/shared/cloudfront-urls.ts';

test('what is no list of URLs is refused', () => {
  for (const value of ['', 'cf-edge.test', 'https://a.test,', 'https://a.test,b.test']) {
    expect(() => cloudFrontUrls('CLOUDFRONT_URLS', value)).toThrow(/CLOUDFRONT_URLS: expected/);
  }
});

test('the distributions are numbered in the order of the list', () => {
  expect([...cloudFrontUrls('CLOUDFRONT_URLS', 'https://a.test/,https://b.test')]).toEqual([
    ['cloudfront', 'https://a.test'],
    ['cloudfront-2', 'https://b.test'],
  ]);
});

test('OCAs fetch from all distributions alike, and each always from the same', () => {
  const urls = cloudFrontUrls('CLOUDFRONT_URLS', 'https://a.test,https://b.test');
  const ocaIds = Array.from({ length: 1000 }, (_, index) => `oca-${index}` as OcaId);
  const chosen = ocaIds.map((ocaId) => cloudFrontUrlFor(ocaId, urls));
  const first = chosen.filter((url) => url === 'https://a.test');
  // Half of 1,000, give or take four standard deviations.
  expect(Math.abs(first.length - 500)).toBeLessThan(64);
  expect(ocaIds.map((ocaId) => cloudFrontUrlFor(ocaId, urls))).toEqual(chosen);
});
