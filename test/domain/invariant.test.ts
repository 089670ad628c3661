import { expect, test } from '@jest/globals';
import { InvariantError, invariant } from '#domain/invariant.ts';

test('a broken assumption is thrown with its words', () => {
  expect(() => invariant(false, 'a disk has one filesystem')).toThrow(InvariantError);
  expect(() => invariant(0, 'a disk has one filesystem')).toThrow('a disk has one filesystem');
});

test('an assumption that holds passes', () => {
  expect(() => invariant('text', 'text is there')).not.toThrow();
});
