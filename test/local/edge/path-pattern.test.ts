import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesPathPattern } from '../../../local/edge/distribution/path-pattern.ts';

test.each([
  ['*', '/', true],
  ['*', '/any/thing', true],
  ['/images/*', '/images/a.png', true],
  ['/images/*', '/images/', true],
  ['/images/*', '/images', false],
  ['/images/*', '/Images/a.png', false],
  ['images/*', '/images/a.png', true],
  ['images/*', '/x/images/a.png', false],
  ['*.mpd', '/content/t/manifest.mpd', true],
  ['*.mpd', '/content/t/manifest.mpd2', false],
  ['/*.mpd', '/manifest.mpd', true],
  ['/~*/content/*', '/~a.b.c/content/t/f', true],
  ['/~*/content/*', '/content/t/f', false],
  ['/~*/content/*', '/~a/images/content/f', true],
  ['/a?c', '/abc', true],
  ['/a?c', '/ac', false],
  ['/a?c', '/abbc', false],
  ['/a?c*', '/a/c/d', true],
  ['/a.c', '/abc', false],
  ['/%2a', '/*', false],
  ['/exact', '/exact', true],
  ['/exact', '/exact/', false],
  ['', '/', true],
])('pattern %j on path %j: %j', (pattern, path, expected) => {
  expect(matchesPathPattern(pattern, path)).toBe(expected);
});

test('agrees with the same pattern as a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '?'), maxLength: 10 });
  const pathText = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 10 });
  fc.assert(
    fc.property(text, pathText, (pattern, rest) => {
      const source = [...`/${pattern}`]
        .map((character) => ({ '*': '.*', '?': '.', '.': '\\.' })[character] ?? character)
        .join('');
      const expected = new RegExp(`^${source}$`).test(`/${rest}`);
      expect(matchesPathPattern(`/${pattern}`, `/${rest}`)).toBe(expected);
    }),
    { seed: 20261123, numRuns: 2000 },
  );
});

test('does not blow up on many stars', () => {
  expect(matchesPathPattern(`${'*a'.repeat(200)}b`, `/${'a'.repeat(5000)}`)).toBe(false);
});
