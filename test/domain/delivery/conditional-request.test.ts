import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ConditionalFields,
  evaluatePreconditions,
  httpDate,
  isRangeInForce,
} from '#domain/delivery/conditional-request.ts';

const MODIFIED = Date.UTC(2026, 10, 23, 3, 0, 0);
const current = { etag: '"abc"', lastModifiedAt: MODIFIED };
const known = { etag: '"abc"', otherEtag: '"def"' };
const SAME = 'Mon, 23 Nov 2026 03:00:00 GMT';
const EARLIER = 'Mon, 23 Nov 2026 02:59:59 GMT';

test.each<[ConditionalFields, string]>([
  [{}, 'proceed'],
  [{ 'if-none-match': '"abc"' }, 'not-modified'],
  [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
  [{ 'if-none-match': '"x", "abc"' }, 'not-modified'],
  [{ 'if-none-match': '*' }, 'not-modified'],
  [{ 'if-none-match': '"x,"' }, 'proceed'],
  [{ 'if-none-match': '"x"', 'if-modified-since': SAME }, 'proceed'],
  [{ 'if-modified-since': SAME }, 'not-modified'],
  [{ 'if-modified-since': EARLIER }, 'proceed'],
  [{ 'if-modified-since': 'yesterday' }, 'proceed'],
  [{ 'if-match': '"abc"' }, 'proceed'],
  [{ 'if-match': '*' }, 'proceed'],
  [{ 'if-match': 'W/"abc"' }, 'failed'],
  [{ 'if-match': '"x"' }, 'failed'],
  [{ 'if-match': '"abc"', 'if-unmodified-since': EARLIER }, 'proceed'],
  [{ 'if-unmodified-since': EARLIER }, 'failed'],
  [{ 'if-unmodified-since': SAME }, 'proceed'],
])('%j is %s', (fields, expected) => {
  expect(evaluatePreconditions(fields, current)).toBe(expected);
});

test.each([
  [undefined, true],
  ['"abc"', true],
  ['W/"abc"', false],
  ['"x"', false],
  [SAME, true],
  [EARLIER, false],
  ['nonsense', false],
])('If-Range %s lets the range count: %s', (value, expected) => {
  expect(isRangeInForce(value, current)).toBe(expected);
});

test('every date that a server writes is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (second) => {
      expect(httpDate(new Date(second * 1000).toUTCString())).toBe(second * 1000);
    }),
    { seed: 20261123, numRuns: 2000 },
  );
});

test('obsolete and broken dates are not dates', () => {
  for (const text of [
    'Monday, 23-Nov-26 03:00:00 GMT',
    'Mon Nov 23 03:00:00 2026',
    'Mon, 23 Xxx 2026 03:00:00 GMT',
  ]) {
    expect(httpDate(text)).toBeUndefined();
  }
});

test('another layer’s tag for the same bytes counts as its own, and a third does not', () => {
  expect(evaluatePreconditions({ 'if-none-match': 'W/"def"' }, known)).toBe('not-modified');
  expect(evaluatePreconditions({ 'if-match': '"def"' }, known)).toBe('proceed');
  expect(evaluatePreconditions({ 'if-match': 'W/"def"' }, known)).toBe('failed');
  expect(evaluatePreconditions({ 'if-none-match': '"undefined"' }, current)).toBe('proceed');
  expect(['"abc"', '"def"', '"ghi"'].map((tag) => isRangeInForce(tag, known))).toEqual([
    true,
    true,
    false,
  ]);
});
