import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentRange, parseRange, spanSize } from '#domain/delivery/byte-range.ts';

test.each([
  ['bytes=0-524287', 10_485_760, 0, 524_287],
  ['bytes=500-', 1000, 500, 999],
  ['bytes=-300', 1000, 700, 999],
  ['bytes=-3000', 1000, 0, 999],
  ['bytes=999-5000', 1000, 999, 999],
  ['bytes=0-0', 1000, 0, 0],
  ['BYTES = 1-2', 1000, 1, 2],
  ['bytes=0-99999999999999999999', 1000, 0, 999],
])('%s of %i bytes is %i to %i', (value, sizeBytes, first, last) => {
  expect(parseRange(value, sizeBytes)).toEqual({ kind: 'span', span: { first, last } });
});

test.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=-0', 'bytes=99999999999999999999-'])(
  '%s of 1,000 bytes cannot be satisfied',
  (value) => {
    expect(parseRange(value, 1000)).toEqual({ kind: 'unsatisfiable' });
  },
);

test.each([
  'bytes=0-1,5-6',
  'bytes=5-4',
  'bytes=-',
  'bytes=a-b',
  'items=0-1',
  'bytes',
  '',
  'bytes=0-1-2',
  'bytes=+1-2',
])('%j is answered with the whole representation', (value) => {
  expect(parseRange(value, 1000)).toEqual({ kind: 'whole' });
});

test('an empty representation has no range to give', () => {
  expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
  expect(parseRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' });
});

test('a span always lies inside the representation', () => {
  fc.assert(
    fc.property(
      fc.option(fc.nat(2000), { nil: undefined }),
      fc.option(fc.nat(2000), { nil: undefined }),
      fc.nat(1500),
      (from, to, sizeBytes) => {
        const asked = parseRange(`bytes=${from ?? ''}-${to ?? ''}`, sizeBytes);
        if (asked.kind !== 'span') return;
        const { first, last } = asked.span;
        expect(first >= 0 && first <= last && last < sizeBytes).toBe(true);
        expect(spanSize(asked.span)).toBe(last - first + 1);
      },
    ),
    { seed: 20261123, numRuns: 2000 },
  );
});

test('Content-Range names the span, or only the size when none could be given', () => {
  expect(contentRange({ first: 0, last: 524_287 }, 10_485_760)).toBe('bytes 0-524287/10485760');
  expect(contentRange(undefined, 1000)).toBe('bytes */1000');
});
