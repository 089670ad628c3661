import { expect, test } from '@jest/globals';
import { SievePolicy } from '#domain/eviction/sieve.ts';
import { evicted, victimsOf } from './victims-of.ts';

test('who was used survives a round, in its place', () => {
  expect(victimsOf(new SievePolicy(), 'abcd', 'a')).toBe('bcda');
});

test('the hand goes on from where it stopped, so newcomers behind it are judged before those it passed', () => {
  const policy = new SievePolicy();
  for (const slot of [0, 1, 2, 3]) policy.admit(slot, slot, 1);
  policy.use(0);
  policy.use(1);
  expect(evicted(policy, 1)).toBe('c');
  policy.admit(4, 4, 1);
  expect(evicted(policy, 4)).toBe('deab');
});

test('when all were used, a round takes the marks away and the oldest goes', () => {
  expect(victimsOf(new SievePolicy(), 'abc', 'cba')).toBe('abc');
});

test('the hand moves on when the one it points at is taken out', () => {
  const policy = new SievePolicy();
  for (const slot of [0, 1, 2, 3]) policy.admit(slot, slot, 1);
  expect(evicted(policy, 1)).toBe('a');
  policy.remove(1);
  expect(evicted(policy, 2)).toBe('cd');
});
