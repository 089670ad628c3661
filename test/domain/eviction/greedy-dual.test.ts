import { expect, test } from '@jest/globals';
import { GreedyDualPolicy } from '#domain/eviction/greedy-dual.ts';
import { evicted, victimsOf } from './victims-of.ts';

test('LFU-DA goes by uses, of equals by the last use', () => {
  expect(victimsOf(new GreedyDualPolicy('lfu-da'), 'abcd', 'aabcb')).toBe('dcab');
});

test('LFU-DA lets a newcomer overtake what was popular before: its age is the last victims priority', () => {
  const policy = new GreedyDualPolicy('lfu-da');
  policy.admit(0, 0, 1);
  for (const _ of [1, 2]) policy.use(0);
  for (let slot = 1; slot < 5; slot += 1) {
    policy.admit(slot, slot, 1);
    if (slot < 3) policy.use(slot);
  }
  expect(evicted(policy, 3)).toBe('deb');
  policy.admit(1, 1, 1);
  policy.use(1);
  expect(evicted(policy, 3)).toBe('cab');
});

test('GDSF keeps many small ones for one large one', () => {
  const policy = new GreedyDualPolicy('gdsf');
  policy.admit(0, 0, 100);
  for (let use = 0; use < 8; use += 1) policy.use(0);
  policy.admit(1, 1, 10);
  policy.admit(2, 2, 10);
  expect(evicted(policy, 3)).toBe('abc');
});

test('those passed over keep their priority', () => {
  const policy = new GreedyDualPolicy('lfu-da');
  for (let slot = 0; slot < 4; slot += 1) policy.admit(slot, slot, 1);
  policy.use(3);
  expect(policy.evict((slot) => slot === 2)).toBe(2);
  expect(evicted(policy, 3)).toBe('abd');
});
