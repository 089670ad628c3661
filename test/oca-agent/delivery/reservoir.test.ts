import { expect, test } from '@jest/globals';
import { seededRandom } from '#domain/random.ts';
import { Reservoir } from '../../../oca-agent/delivery/reservoir.ts';

test('it keeps all values while there is room, and never more than it may', () => {
  const reservoir = new Reservoir(3, seededRandom(1));
  for (const value of [5, 6, 7]) reservoir.add(value);
  expect(reservoir.values).toEqual([5, 6, 7]);
  for (let value = 8; value < 100; value += 1) reservoir.add(value);
  expect(reservoir.values).toHaveLength(3);
});

test('each value has the same chance to be kept', () => {
  const random = seededRandom(2);
  const kept = Array.from({ length: 10 }, () => 0);
  for (let round = 0; round < 10_000; round += 1) {
    const reservoir = new Reservoir(3, random);
    for (let value = 0; value < 10; value += 1) reservoir.add(value);
    for (const value of reservoir.values) kept[value] = (kept[value] ?? 0) + 1;
  }
  // 3 of 10, standard deviation 46 of 3000.
  for (const count of kept) expect(Math.abs(count - 3000)).toBeLessThan(230);
});

test('after clearing, a new sample begins', () => {
  const reservoir = new Reservoir(2, seededRandom(3));
  for (let value = 0; value < 50; value += 1) reservoir.add(value);
  reservoir.clear();
  expect(reservoir.values).toEqual([]);
  reservoir.add(99);
  expect(reservoir.values).toEqual([99]);
});
