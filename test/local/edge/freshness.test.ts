import { describe, expect, test } from '@jest/globals';
import { staleIfErrorSeconds, storageOf } from '../../../local/edge/cache/freshness.ts';
import type { CachePolicy } from '../../../local/edge/distribution/cache-policy.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);

function policy(
  minTtlSeconds: number,
  defaultTtlSeconds: number,
  maxTtlSeconds: number,
): CachePolicy {
  return {
    minTtlSeconds,
    defaultTtlSeconds,
    maxTtlSeconds,
    acceptsGzip: false,
    acceptsBrotli: false,
    queryParameters: { kind: 'none' },
    headers: { kind: 'none' },
    cookies: { kind: 'none' },
  };
}

/** Seconds, or undefined for "not stored". */
function ttlOf(cachePolicy: CachePolicy, status: number, fields: Record<string, string>) {
  const storage = storageOf({ status, fields }, cachePolicy, {
    errorTtlSeconds: 10,
    nowMs: NOW_MS,
  });
  return storage.isStorable ? storage.ttlSeconds : undefined;
}

describe('with a minimum TTL of 0, a default of a day and a maximum of a year', () => {
  const media = policy(0, 86_400, 31_536_000);
  test.each([
    ['', 86_400],
    ['public', 86_400],
    ['max-age=60', 60],
    ['max-age=0', 0],
    ['max-age=99999999999', 86_400],
    ['max-age=9999999999', 31_536_000],
    ['max-age=60, s-maxage=120', 120],
    ['s-maxage="30"', 30],
    ['MAX-AGE=60', 60],
    ['no-cache', 0],
    ['no-store', undefined],
    ['private', undefined],
    ['private, max-age=60', undefined],
    ['public, max-age=31536000, immutable', 31_536_000],
  ])('Cache-Control %j is kept for %j s', (value, expected) => {
    expect(ttlOf(media, 200, value === '' ? {} : { 'cache-control': value })).toBe(expected);
  });

  test.each([
    ['Mon, 23 Nov 2026 12:01:00 GMT', 60],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['0', 0],
    ['Sat, 23 Nov 2086 12:00:00 GMT', 31_536_000],
  ])('Expires %j is kept for %j s', (expires, expected) => {
    expect(ttlOf(media, 200, { expires })).toBe(expected);
  });

  test('max-age goes before Expires', () => {
    const fields = { 'cache-control': 'max-age=5', expires: 'Mon, 23 Nov 2026 12:01:00 GMT' };
    expect(ttlOf(media, 200, fields)).toBe(5);
  });

  test.each([
    [404, '', 10],
    [404, 'max-age=60', 60],
    [404, 'max-age=1', 10],
    [404, 'no-store', undefined],
    [403, '', undefined],
    [403, 'max-age=60', 60],
    [416, 'max-age=60', undefined],
    [500, '', 10],
    [503, 'no-store', 10],
    [501, 'private', undefined],
    [504, 'max-age=99', 99],
  ])('an error %j with Cache-Control %j is kept for %j s', (status, value, expected) => {
    expect(ttlOf(media, status, value === '' ? {} : { 'cache-control': value })).toBe(expected);
  });
});

describe('with a minimum TTL of an hour and a maximum of a day', () => {
  const images = policy(3600, 7200, 86_400);
  test.each([
    ['', 7200],
    ['max-age=60', 3600],
    ['max-age=100000', 86_400],
    ['no-store', 3600],
    ['no-cache', 3600],
    ['private, max-age=9000', 3600],
  ])('Cache-Control %j is kept for %j s', (value, expected) => {
    expect(ttlOf(images, 200, value === '' ? {} : { 'cache-control': value })).toBe(expected);
  });
});

test('a policy whose TTLs are all 0 keeps nothing, errors neither', () => {
  expect(ttlOf(policy(0, 0, 0), 200, { 'cache-control': 'max-age=60' })).toBeUndefined();
  expect(ttlOf(policy(0, 0, 0), 503, {})).toBeUndefined();
});

test('a stale object stands in for a failing origin until stale-if-error or the maximum TTL ends', () => {
  const media = policy(0, 86_400, 1000);
  expect(staleIfErrorSeconds({}, media)).toBe(1000);
  expect(staleIfErrorSeconds({ 'cache-control': 'max-age=1, stale-if-error=30' }, media)).toBe(30);
  expect(staleIfErrorSeconds({ 'cache-control': 'stale-if-error=5000' }, media)).toBe(1000);
});
