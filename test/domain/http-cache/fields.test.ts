import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCacheControl, secondsOf } from '#domain/http-cache/cache-control.ts';
import { endToEnd, fieldLines, fieldValue, listMembers } from '#domain/http-cache/field-lines.ts';
import { readHttpDate } from '#domain/http-cache/http-date.ts';
import { variantKey, varyNames } from '#domain/http-cache/vary.ts';
import { epochMs } from '#domain/units.ts';

const NOW = epochMs(Date.UTC(2026, 10, 23, 3, 0, 0));
const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/);

test.each<[string, Record<string, string | true>]>([
  ['max-age=3600, Public', { 'max-age': '3600', public: true }],
  ['max-age="3600"', { 'max-age': '3600' }],
  [
    'extension="max-age=3600, no-store", max-age=1',
    { extension: 'max-age=3600, no-store', 'max-age': '1' },
  ],
  ['max-age=1, max-age=1800', { 'max-age': '1' }],
  ['no-cache="a, b", no-cache', { 'no-cache': true }],
  ["max-age='3600'", { 'max-age': "'3600'" }],
  ['max-age= 3600', { 'max-age': '' }],
  ['max-age =3600, ,', {}],
])('Cache-Control: %s', (field, expected) => {
  expect(Object.fromEntries(parseCacheControl(field))).toEqual(expected);
});

test.each<[string, number | undefined]>([
  ['', undefined],
  ['max-age=003600', 3600],
  ['max-age=99999999999', 2 ** 31],
  ['max-age=-1', 0],
  ['max-age=3600.5', 0],
  ['max-age', 0],
])('the seconds of "%s" are %s: what cannot be read is stale', (field, expected) => {
  expect(secondsOf(parseCacheControl(field), 'max-age')).toBe(expected);
});

test('every directive that is written is read back', () => {
  const directives = fc.uniqueArray(fc.tuple(token, fc.option(fc.string())), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(directives, (written) => {
      const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
      const members = written.map(([name, text]) =>
        text === null ? name : `${name}=${quoted(text)}`,
      );
      const expected = written.map(([name, text]) => [name, text ?? true]);
      expect([...parseCacheControl(members.join(', '))]).toEqual(expected);
    }),
    { seed: 20261123 },
  );
});

test('several lines of a field are one list, in order; pseudo-header fields are no fields', () => {
  const lines = fieldLines([':path', '/', 'Age', '0', 'X', ' y ', 'age', '7200']);
  expect(fieldValue(lines, 'age')).toBe('0, 7200');
  expect(fieldValue(lines, 'x')).toBe('y');
  expect(fieldValue(lines, ':path')).toBeUndefined();
});

test('neither hop-by-hop fields nor those that Connection lists are passed on', () => {
  const raw = ['Connection', 'a, B', 'A', '1', 'b', '2', 'C', '3', 'Keep-Alive', 'x', 'TE', 'y'];
  expect(endToEnd(fieldLines(raw))).toEqual([['c', '3']]);
});

test('commas inside quotes do not end a member of a list', () => {
  expect(listMembers(' a , "b, c" ,, d="e\\", f" ')).toEqual(['a', '"b, c"', 'd="e\\", f"']);
});

test('a variant is chosen by the fields that Vary names and by no others', () => {
  expect(
    varyNames([
      ['vary', 'B, a'],
      ['vary', 'b'],
    ]),
  ).toEqual(['a', 'b']);
  for (const value of ['*', 'Foo, *', ', *']) expect(varyNames([['vary', value]])).toBe('*');
  const key = (request: [string, string][]) => variantKey(['a'], request);
  expect(
    key([
      ['a', '1'],
      ['b', '1'],
    ]),
  ).toBe(
    key([
      ['b', '2'],
      ['a', '1'],
    ]),
  );
  expect(new Set([key([]), key([['a', '']]), key([['a', '1']])]).size).toBe(3);
});

test.each<[string, number | undefined]>([
  ['Mon, 23 Nov 2026 03:00:00 GMT', NOW],
  ['Monday, 23-Nov-26 03:00:00 GMT', NOW],
  ['Mon Nov 23 03:00:00 2026', NOW],
  ['Friday, 06-Nov-76 08:49:37 GMT', Date.UTC(2076, 10, 6, 8, 49, 37)],
  ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Mon, 23 Nov 2026 03:00:00 UTC', undefined],
  ['Mon, 23 Nov 26 03:00:00 GMT', undefined],
  ['Mon 23 Nov 2026 03:00:00 GMT', undefined],
  ['Mon, 23-Nov-2026 03:00:00 GMT', undefined],
  ['0', undefined],
])('the date %s', (text, expected) => {
  expect(readHttpDate(text, NOW)).toBe(expected);
});
