import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RowBacklog } from '../../../../oca-agent/store/index-files/row-backlog.ts';

const row = fc.oneof(fc.nat(200), fc.nat(100_000));
const adding = fc.array(row).map((rows) => ({ rows, take: 0 }));
const taking = fc.integer({ min: 1, max: 100 }).map((take) => ({ rows: [], take }));

test('what was added is taken out once, whatever comes in between', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(adding, taking)), (steps) => {
      const backlog = new RowBacklog();
      const waiting = new Set<number>();
      for (const { rows, take } of steps) {
        for (const added of rows) backlog.add(added);
        for (const added of rows) waiting.add(added);
        const before = waiting.size;
        const taken = take > 0 ? backlog.take(take) : [];
        expect(taken.filter((number) => !waiting.delete(number))).toEqual([]);
        if (take > 0) expect(taken.length).toBeGreaterThanOrEqual(Math.min(take, before));
        expect(backlog.size).toBe(waiting.size);
      }
      const rest = backlog.take(Number.POSITIVE_INFINITY);
      expect(rest.toSorted((one, other) => one - other)).toEqual(
        [...waiting].toSorted((one, other) => one - other),
      );
    }),
    { seed: 47 },
  );
});

test('every row has its turn, although others come all the time', () => {
  const backlog = new RowBacklog();
  for (let number = 0; number < 1024; number += 1) backlog.add(number);
  const taken = new Set<number>();
  for (let turn = 0; turn < 64; turn += 1) {
    for (const number of backlog.take(16)) taken.add(number);
    for (let number = 0; number < 32; number += 1) backlog.add(number);
  }
  expect(taken.size).toBe(1024);
});
