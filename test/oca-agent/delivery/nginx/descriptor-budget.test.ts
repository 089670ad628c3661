import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { descriptorBudget } from '../../../../oca-agent/delivery/nginx/descriptor-budget.ts';

test('where there are enough, everybody gets what was asked for', () => {
  expect(descriptorBudget(100_000, { connectionsMax: 15_000, openFilesMax: 20_000 })).toEqual({
    descriptors: 50_512,
    connections: 30_000,
    openFiles: 20_000,
    isShort: false,
  });
});

test('connections and open files together never take more than there are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1024, max: 2 ** 20 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      (limit, connectionsMax, openFilesMax) => {
        const budget = descriptorBudget(limit, { connectionsMax, openFilesMax });
        expect(budget.descriptors).toBeLessThanOrEqual(limit);
        expect(budget.connections + budget.openFiles).toBeLessThanOrEqual(budget.descriptors - 500);
        expect(Math.min(budget.connections, budget.openFiles)).toBeGreaterThan(0);
      },
    ),
  );
});
