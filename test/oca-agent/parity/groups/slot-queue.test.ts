import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlotQueue } from '../../../../oca-agent/parity/groups/slot-queue.ts';

test('slots come out in the order in which they came in, each once', () => {
  const steps = fc.array(
    fc.oneof(fc.record({ add: fc.nat(500) }), fc.record({ take: fc.nat(40) })),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(steps, (changes) => {
      const queue = new SlotQueue();
      let model: number[] = [];
      for (const change of changes) {
        if ('add' in change) {
          queue.add(change.add);
          if (!model.includes(change.add)) model.push(change.add);
        } else {
          expect(queue.take(change.take)).toEqual(model.slice(0, change.take));
          model = model.slice(change.take);
        }
        expect(queue.size).toBe(model.length);
      }
    }),
    { numRuns: 100 },
  );
});
