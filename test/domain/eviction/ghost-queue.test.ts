import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mixed } from '#domain/eviction/columns.ts';
import { GhostQueue } from '#domain/eviction/ghost-queue.ts';

const LIMIT_BYTES = 100;
const ghost = fc.record({ key: fc.nat(200), bytes: fc.nat(60), isTaken: fc.boolean() });

test('knows the last that went, up to its bytes, and forgets whom it is asked to', () => {
  fc.assert(
    fc.property(fc.array(ghost, { maxLength: 300 }), (ghosts) => {
      const queue = new GhostQueue(LIMIT_BYTES);
      const expected = new Map<number, number>();
      for (const { key, bytes, isTaken } of ghosts) {
        if (isTaken) {
          expect(queue.remove(key)).toBe(expected.delete(key));
          continue;
        }
        queue.add(key, bytes);
        expected.delete(key);
        expected.set(key, bytes);
        while (sum(expected) > LIMIT_BYTES) expected.delete([...expected.keys()][0] as number);
        expect(queue.bytes).toBe(sum(expected));
      }
    }),
  );
});

test('what is larger than its limit is not remembered, and drives nobody out', () => {
  const queue = new GhostQueue(LIMIT_BYTES);
  queue.add(1, 50);
  queue.add(2, LIMIT_BYTES + 1);
  expect([queue.remove(2), queue.remove(1)]).toEqual([false, true]);
});

test('keys below 2^32 never share a mark, and keys of 53 bits seldom do', () => {
  const low = new Set(Array.from({ length: 50_000 }, (_, key) => mixed(key * 85_899)));
  expect(low.size).toBe(50_000);
  const high = new Set(Array.from({ length: 50_000 }, (_, key) => mixed(key * 2 ** 37 + 12_345)));
  expect(high.size).toBeGreaterThan(49_990);
});

const sum = (sizes: Map<number, number>): number =>
  [...sizes.values()].reduce((total, size) => total + size, 0);
