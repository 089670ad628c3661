import { expect, test } from '@jest/globals';
import { LruPolicy } from '#domain/eviction/lru.ts';
import { victimsOf } from './victims-of.ts';

test('goes by the last use', () => {
  expect(victimsOf(new LruPolicy(), 'abcd', 'ab')).toBe('cdab');
});

test('a use of the newest changes nothing', () => {
  expect(victimsOf(new LruPolicy(), 'abc', 'ccc')).toBe('abc');
});
