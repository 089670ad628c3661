import { expect, test } from '@jest/globals';
import {
  appendCacheStatus,
  type CacheStatus,
  parseCacheStatus,
  servedBy,
} from '#domain/delivery/cache-status.ts';

const journey = (...members: CacheStatus[]) =>
  members.reduce<string | undefined>(
    (field, member) => appendCacheStatus(field, member),
    undefined,
  ) ?? '';

test('the field tells the whole journey, origin side first', () => {
  expect(
    journey(
      { cache: 'shield', outcome: 'miss', isStored: true },
      { cache: 'cloudfront', outcome: 'miss', isStored: true, isCollapsed: true },
      { cache: 'metro-1', outcome: 'hit', detail: 'flash' },
    ),
  ).toBe(
    '"shield"; fwd=uri-miss; stored, "cloudfront"; fwd=uri-miss; stored; collapsed, "metro-1"; hit; detail=flash',
  );
});

test('what a cache asked about and for how long its answer is fresh is told, and does not hide the outcome', () => {
  const field = journey(
    { cache: 'metro-1', outcome: 'stale', forwardedStatus: 304, isStored: true },
    { cache: 'metro-2', outcome: 'hit', ttlSeconds: -5, detail: 'memory' },
  );
  expect(field).toBe(
    '"metro-1"; fwd=stale; fwd-status=304; stored, "metro-2"; hit; ttl=-5; detail=memory',
  );
  expect(parseCacheStatus(field).map(({ outcome }) => outcome)).toEqual(['stale', 'hit']);
});

test('what was written is read back', () => {
  const members: CacheStatus[] = [
    { cache: 'shield', outcome: 'stale', isStored: true, isCollapsed: false },
    { cache: 'metro-1', outcome: 'miss', isStored: false, isCollapsed: true, detail: 'hdd' },
  ];
  expect(parseCacheStatus(journey(...members))).toEqual(members);
});

test.each<['oca' | 'cloudfront' | 's3', CacheStatus[]]>([
  ['oca', [{ cache: 'metro-1', outcome: 'hit' }]],
  [
    'oca',
    [
      { cache: 'metro-1', outcome: 'hit' },
      { cache: 'metro-2', outcome: 'miss' },
    ],
  ],
  [
    'cloudfront',
    [
      { cache: 'cloudfront', outcome: 'hit' },
      { cache: 'metro-1', outcome: 'miss' },
    ],
  ],
  [
    'cloudfront',
    [
      { cache: 'shield', outcome: 'hit' },
      { cache: 'cloudfront', outcome: 'miss' },
    ],
  ],
  [
    's3',
    [
      { cache: 'shield', outcome: 'miss' },
      { cache: 'cloudfront', outcome: 'miss' },
    ],
  ],
])('the bytes came from %s when the caches said %j', (layer, members) => {
  expect(servedBy(parseCacheStatus(journey(...members)))).toBe(layer);
});

test('members of caches that we do not know are left out', () => {
  expect(parseCacheStatus('ExampleCache; hit, "metro-1"; hit')).toMatchObject([
    { cache: 'metro-1' },
  ]);
});
