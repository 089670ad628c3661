import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCacheControl } from '#domain/http-cache/cache-control.ts';
import {
  ageSeconds,
  currentAge,
  freshnessLifetime,
  type ReceivedResponse,
} from '#domain/http-cache/freshness.ts';
import { decideReuse, mayStandIn } from '#domain/http-cache/reuse.ts';
import { isOriginsAnswer, isStorable } from '#domain/http-cache/storability.ts';
import { confirms, evaluateConditions, freshened } from '#domain/http-cache/validation.ts';
import { epochMs } from '#domain/units.ts';

const NOW = epochMs(Date.UTC(2026, 10, 23, 3, 0, 0));
const dateAt = (seconds: number): string => new Date(NOW + seconds * 1000).toUTCString();
const later = (seconds: number) => epochMs(NOW + seconds * 1000);

/** A response that came at `NOW`, at once. */
function received(fields: Record<string, string>, status = 200): ReceivedResponse {
  const lines = Object.entries({ date: dateAt(0), ...fields });
  const directives = parseCacheControl(fields['cache-control']);
  return {
    status,
    fields: lines,
    directives,
    isTargeted: false,
    requestedAt: NOW,
    receivedAt: NOW,
  };
}
const request = (fields: Record<string, string> = {}) => ({
  fields: Object.entries(fields),
  directives: parseCacheControl(fields['cache-control']),
});

test.each<[Record<string, string>, number]>([
  [{ 'cache-control': 'max-age=60, s-maxage=5' }, 5],
  [{ 'cache-control': 'max-age=60', expires: dateAt(10) }, 60],
  [{ expires: dateAt(10) }, 10],
  [{ expires: dateAt(-10) }, 0],
  [{ expires: '0' }, 0],
  [{ expires: dateAt(100), date: dateAt(60) }, 40],
  [{ 'last-modified': dateAt(-1000) }, 100],
  [{ 'last-modified': dateAt(-1e8) }, 86_400],
  [{ 'last-modified': dateAt(-1000), 'set-cookie': 'a=b' }, 0],
  [{}, 0],
])('%j is fresh for %d s', (fields, seconds) => {
  expect(freshnessLifetime(received(fields))).toBe(seconds * 1000);
});

test('a field for caches such as ours takes the place of Cache-Control and Expires', () => {
  const fields = { expires: dateAt(1000), 'cache-control': 'no-store' };
  const targeted = { ...received(fields), isTargeted: true };
  expect(freshnessLifetime({ ...targeted, directives: parseCacheControl('max-age=7') })).toBe(7000);
  expect(freshnessLifetime({ ...targeted, directives: parseCacheControl('foo') })).toBe(0);
});

test.each<[Record<string, string>, number]>([
  [{}, 5],
  [{ age: '30' }, 35],
  [{ age: '30, 0' }, 35],
  [{ age: '0, 30' }, 5],
  [{ age: 'old' }, 5],
  [{ age: '99999999999' }, 2 ** 31],
  [{ date: dateAt(-60) }, 65],
  [{ date: dateAt(60) }, 5],
])('five seconds later the age of %j is %d s', (fields, seconds) => {
  expect(ageSeconds(received(fields), later(5))).toBe(seconds);
});

test('the age grows with the time and never goes back when the clock does', () => {
  const span = fc.integer({ min: -1000, max: 100_000 });
  fc.assert(
    fc.property(span, span, fc.nat(1000), (one, other, age) => {
      const response = received({ age: String(age) });
      const [first, last] = [Math.min(one, other), Math.max(one, other)];
      const before = currentAge(response, later(first));
      expect(currentAge(response, later(last))).toBeGreaterThanOrEqual(before);
      expect(before).toBeGreaterThanOrEqual(age * 1000);
    }),
    { seed: 20261123 },
  );
});

test.each<[Record<string, string>, number, boolean]>([
  [{ 'cache-control': 'max-age=1' }, 200, true],
  [{ 'cache-control': 'max-age=1' }, 599, true],
  [{ 'cache-control': 'max-age=1' }, 206, false],
  [{ 'cache-control': 'max-age=1' }, 304, false],
  [{ 'cache-control': 'max-age=1, no-store' }, 200, false],
  [{ 'cache-control': 'max-age=1, no-store, must-understand' }, 200, true],
  [{ 'cache-control': 'max-age=1, must-understand' }, 599, false],
  [{ 'cache-control': 'max-age=1, private' }, 200, false],
  [{ 'cache-control': 'max-age=1', vary: 'a, *' }, 200, false],
  [{ 'cache-control': 'no-cache', etag: '"a"' }, 200, true],
  [{ 'cache-control': 'no-cache' }, 200, false],
  [{ 'last-modified': dateAt(-1000) }, 404, true],
  [{ 'last-modified': dateAt(-1000) }, 403, false],
  [{}, 200, false],
])('%j with status %d may be stored: %s', (fields, status, expected) => {
  expect(isStorable(request(), received(fields, status))).toBe(expected);
});

test('nothing that no-store forbids is ever stored', () => {
  const directive = fc.constantFrom(
    'public',
    'max-age=9',
    's-maxage=9',
    'must-revalidate',
    'private',
  );
  fc.assert(
    fc.property(fc.array(directive), fc.integer({ min: 200, max: 599 }), (others, status) => {
      const field = [...others, 'no-store'].join(', ');
      const response = received({ 'cache-control': field, etag: '"a"' }, status);
      expect(isStorable(request(), response)).toBe(false);
    }),
    { seed: 20261123 },
  );
});

test('what was given to somebody with credentials is stored only if the origin lets it be shared', () => {
  const ofSomebody = request({ authorization: 'Bearer x' });
  const isStoredWith = (field: string) =>
    isStorable(ofSomebody, received({ 'cache-control': field }));
  expect(
    ['max-age=9', 'max-age=9, public', 's-maxage=9', 'max-age=9, must-revalidate'].map(
      isStoredWith,
    ),
  ).toEqual([false, true, true, true]);
});

test('a client can forbid to store', () => {
  const response = received({ 'cache-control': 'max-age=9' });
  expect(isStorable(request({ 'cache-control': 'no-store' }), response)).toBe(false);
});

test.each<[number, Record<string, string>, boolean]>([
  [404, { server: 'AmazonS3', 'x-amz-request-id': 'x' }, false],
  [403, { 'x-cache': 'Error from cloudfront' }, false],
  [404, { 'cache-status': '"oca-2"; fwd=miss' }, false],
  [403, { 'content-type': 'application/problem+json' }, false],
  [404, { server: 'AmazonS3', 'cache-control': 'max-age=5' }, true],
  [404, { 'x-cache': 'Miss from cloudfront', etag: '"a"' }, true],
  [503, { 'content-type': 'text/html' }, true],
  [204, { 'x-amz-request-id': 'x' }, true],
])("status %d with %j is the origin's own answer: %s", (status, fields, expected) => {
  expect(isOriginsAnswer(status, Object.entries(fields))).toBe(expected);
});

test.each<[wishes: string, said: string, ageSeconds: number, expected: string]>([
  ['', 'max-age=10', 9, 'reuse'],
  ['', 'max-age=10', 10, 'validate'],
  ['', 'max-age=10, no-cache', 1, 'validate'],
  ['no-cache', 'max-age=10', 1, 'validate'],
  ['max-age=5', 'max-age=10', 6, 'validate'],
  ['min-fresh=5', 'max-age=10', 6, 'validate'],
  ['min-fresh=5', 'max-age=10', 4, 'reuse'],
  ['max-stale', 'max-age=10', 9999, 'reuse'],
  ['max-stale=5', 'max-age=10', 15, 'reuse'],
  ['max-stale=5', 'max-age=10', 16, 'validate'],
  ['max-stale', 'max-age=10, must-revalidate', 11, 'validate'],
  ['max-stale', 's-maxage=10', 11, 'validate'],
  ['', 'max-age=10, stale-while-revalidate=5', 15, 'reuse-and-validate'],
  ['', 'max-age=10, stale-while-revalidate=5', 16, 'validate'],
  ['max-age=5', 'max-age=10, stale-while-revalidate=5', 11, 'validate'],
  ['', 'max-age=10, stale-while-revalidate=5, proxy-revalidate', 11, 'validate'],
])('asked with "%s", a response with "%s" of %d s: %s', (wishes, said, age, expected) => {
  const response = received({ 'cache-control': said });
  expect(decideReuse(parseCacheControl(wishes), response, later(age))).toBe(expected);
});

test.each<
  [said: string, failure: 'error-status' | 'no-answer', staleSeconds: number, expected: boolean]
>([
  ['max-age=0', 'no-answer', 86_400, true],
  ['max-age=0', 'no-answer', 86_401, false],
  ['max-age=0', 'error-status', 1, false],
  ['max-age=0, stale-if-error=60', 'error-status', 60, true],
  ['max-age=0, stale-if-error=60', 'no-answer', 61, false],
  ['max-age=0, stale-if-error=60, must-revalidate', 'no-answer', 1, false],
  ['s-maxage=0, stale-if-error=60', 'no-answer', 1, false],
])('a response with "%s" stands in at %s after %d s: %s', (said, failure, stale, expected) => {
  expect(mayStandIn(received({ 'cache-control': said }), failure, later(stale))).toBe(expected);
});

test('a 304 renews the header, but not what belongs to the stored bytes, and ends the age of before', () => {
  const stored: [string, string][] = [
    ['etag', '"a"'],
    ['content-length', '5'],
    ['x', '1'],
    ['y', '1'],
    ['age', '9'],
  ];
  const news: [string, string][] = [
    ['content-length', '7'],
    ['x', '2'],
    ['x', '3'],
  ];
  expect(freshened(stored, news)).toEqual([
    ['etag', '"a"'],
    ['content-length', '5'],
    ['y', '1'],
    ['x', '2'],
    ['x', '3'],
  ]);
});

test('a 304 that names another strong tag says nothing of the stored response', () => {
  const stored: [string, string][] = [['etag', '"a"']];
  expect(confirms([], stored)).toBe(true);
  expect(confirms([['etag', '"a"']], stored)).toBe(true);
  expect(confirms([['etag', '"b"']], stored)).toBe(false);
});

test.each([
  ['W/"a"', { 'if-none-match': 'W/"a"' }, 'not-modified'],
  ['W/"a"', { 'if-none-match': '"a"' }, 'not-modified'],
  ['W/"a"', { 'if-match': 'W/"a"' }, 'failed'],
  ['"a"', { 'if-match': '"a"' }, 'proceed'],
  ['"a"', { 'if-none-match': '"b"', 'if-modified-since': dateAt(0) }, 'proceed'],
] as const)('of %s the conditions %j are %s', (etag, conditions, expected) => {
  const stored = [
    ['etag', etag],
    ['last-modified', dateAt(-60)],
  ] as const;
  expect(evaluateConditions(conditions, stored, NOW)).toBe(expected);
});
