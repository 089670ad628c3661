import { expect, test } from '@jest/globals';
import { type HeatKnobs, HeatQueues } from '#domain/eviction/heat-queues.ts';

const always = (): boolean => true;

/** One asset of one byte a slot; marks are slots. */
function holding(slots: number, knobs: HeatKnobs): HeatQueues {
  const queues = new HeatQueues(knobs);
  for (let slot = 0; slot < slots; slot += 1) queues.admit(slot, slot, 1);
  return queues;
}

function useOften(queues: HeatQueues, slot: number, uses: number): void {
  for (let use = 0; use < uses; use += 1) queues.use(slot);
}

test('outside of the window the least used goes first', () => {
  const queues = holding(10, { windowShare: 0, halfLife: 100 });
  for (let slot = 0; slot < 10; slot += 1) useOften(queues, slot, 9 - slot);
  expect(Array.from({ length: 4 }, () => queues.evict(always))).toEqual([9, 8, 7, 6]);
});

test('a window over all makes it LRU, whatever the uses', () => {
  const queues = holding(5, { windowShare: 1, halfLife: 100 });
  useOften(queues, 0, 5);
  queues.use(1);
  expect(Array.from({ length: 5 }, () => queues.evict(always))).toEqual([2, 3, 4, 0, 1]);
});

test('the window spares the newest, though they were used least', () => {
  const queues = holding(5, { windowShare: 0.5, halfLife: 100 });
  for (let slot = 0; slot < 5; slot += 1) useOften(queues, slot, 2);
  for (let slot = 5; slot < 10; slot += 1) queues.admit(slot, slot, 1);
  expect(queues.evict(always)).toBe(0);
});

test('after a half-life two uses count as much as one', () => {
  const popular = 0;
  const queues = holding(100, { windowShare: 0, halfLife: 1 });
  useOften(queues, popular, 3);
  const newcomers = (count: number): void => {
    for (let round = 0; round < count; round += 1) {
      const slot = queues.evict((one) => one !== popular) as number;
      queues.admit(slot, 1000 + queues.markOf(slot), 1);
      queues.use(slot);
    }
  };
  newcomers(80);
  expect(queues.evict((slot) => slot === popular || queues.markOf(slot) > 1000)).not.toBe(popular);
  newcomers(120);
  expect(queues.evict((slot) => slot === popular || queues.markOf(slot) > 1000)).toBe(popular);
});

test('who comes back takes up its uses again; after two turnovers it is a stranger', () => {
  const victimAfter = (turnovers: number): number | undefined => {
    const queues = holding(10, { windowShare: 0, halfLife: 1000 });
    useOften(queues, 0, 3);
    for (let slot = 1; slot < 10; slot += 1) useOften(queues, slot, 1);
    expect(queues.evict((slot) => slot === 0)).toBe(0);
    for (let round = 0; round < 9 * turnovers; round += 1) {
      const slot = queues.evict(always) as number;
      queues.admit(slot, 100 + round, 1);
      useOften(queues, slot, 1);
    }
    queues.admit(0, 0, 1);
    return queues.evict(always);
  };
  expect(victimAfter(1)).not.toBe(0);
  expect(victimAfter(3)).toBe(0);
});

test('knobs take effect at once', () => {
  const queues = holding(10, { windowShare: 1, halfLife: 100 });
  useOften(queues, 0, 3);
  for (let slot = 1; slot < 10; slot += 1) queues.use(slot);
  queues.knobs = { windowShare: 0, halfLife: 100 };
  expect(queues.evict(always)).toBe(1);
});
