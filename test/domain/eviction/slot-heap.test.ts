import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlotHeap } from '#domain/eviction/slot-heap.ts';
import { NONE } from '#domain/eviction/slot-lists.ts';

const change = fc.record({
  slot: fc.nat(80),
  priority: fc.oneof(
    { weight: 9, arbitrary: fc.nat(2) },
    { weight: 1, arbitrary: fc.double({ noNaN: true }) },
  ),
  isRemoved: fc.integer({ min: 0, max: 3 }).map((draw) => draw === 0),
});

test('the first is the lowest, of equals who was placed first, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 100, maxLength: 300 }), (changes) => {
      const heap = new SlotHeap();
      let expected: { slot: number; priority: number }[] = [];
      for (const { slot, priority, isRemoved } of changes) {
        const isThere = expected.some((one) => one.slot === slot);
        expected = expected.filter((one) => one.slot !== slot);
        if (isRemoved && isThere) heap.remove(slot);
        if (!isRemoved) {
          heap.place(slot, priority);
          expected.push({ slot, priority });
        }
        const sorted = expected.toSorted((one, other) => order(one.priority, other.priority));
        expect(heap.first).toBe(sorted[0]?.slot ?? NONE);
        expect(heap.lowestPriority + 0).toBe((sorted[0]?.priority ?? Number.POSITIVE_INFINITY) + 0);
      }
    }),
  );
});

/** A difference would be no number for two infinities. */
const order = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);
