import { expect, test } from '@jest/globals';
import { S3FifoPolicy } from '#domain/eviction/s3-fifo.ts';
import { evicted, victimsOf } from './victims-of.ts';

const CAPACITY_BYTES = 10;

test('who was used twice moves to the main queue, who was used once does not', () => {
  expect(victimsOf(new S3FifoPolicy(CAPACITY_BYTES), 'abcd', 'aab')).toBe('bcda');
});

test('who comes back as a ghost is spared the small queue', () => {
  const policy = new S3FifoPolicy(CAPACITY_BYTES);
  for (const slot of [0, 1, 2]) policy.admit(slot, slot, 1);
  expect(evicted(policy, 1)).toBe('a');
  policy.admit(0, 0, 1);
  expect(evicted(policy, 3)).toBe('bca');
});

test('who left the main queue leaves no ghost', () => {
  const policy = new S3FifoPolicy(CAPACITY_BYTES);
  policy.admit(0, 0, 1);
  policy.use(0);
  policy.use(0);
  expect(evicted(policy, 1)).toBe('a');
  for (const slot of [0, 1]) policy.admit(slot, slot, 1);
  expect(evicted(policy, 2)).toBe('ab');
});

test('in the main queue each use is worth one more round, three at most', () => {
  const policy = new S3FifoPolicy(CAPACITY_BYTES);
  const keys = [0, 1, 2];
  for (const slot of keys) policy.admit(slot, slot, 1);
  for (const slot of keys) for (const _ of [1, 2]) policy.use(slot);
  policy.admit(3, 3, 1);
  expect(evicted(policy, 1)).toBe('d');
  for (let use = 0; use < 9; use += 1) policy.use(0);
  for (const _ of [1, 2]) policy.use(1);
  policy.use(2);
  expect(evicted(policy, 3)).toBe('cba');
});

test('in the main queue a fourth use adds nothing', () => {
  const policy = new S3FifoPolicy(CAPACITY_BYTES);
  for (const slot of [0, 1]) policy.admit(slot, slot, 1);
  for (const slot of [0, 1]) for (const _ of [1, 2]) policy.use(slot);
  policy.admit(2, 2, 1);
  expect(evicted(policy, 1)).toBe('c');
  for (const _ of [1, 2, 3, 4]) policy.use(0);
  for (const _ of [1, 2, 3]) policy.use(1);
  expect(evicted(policy, 2)).toBe('ab');
});

test('ghosts hold nine tenths of the capacity, the oldest goes first', () => {
  const policy = new S3FifoPolicy(CAPACITY_BYTES);
  for (let slot = 0; slot < 10; slot += 1) policy.admit(slot, slot, 1);
  expect(evicted(policy, 10)).toBe('abcdefghij');
  policy.admit(0, 0, 1);
  policy.admit(1, 1, 1);
  expect(evicted(policy, 2)).toBe('ab');
});
