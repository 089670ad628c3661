import { beforeEach, expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import { expiringCache, refreshed } from '../../../lambda/shared/expiring-cache.ts';
import { handTurnedClock } from '../support/hand-turned-clock.ts';

const lifetime = milliseconds(1000);
let loads: string[][];
let isBroken: boolean;
let clock: ReturnType<typeof handTurnedClock>;
beforeEach(() => {
  loads = [];
  isBroken = false;
  clock = handTurnedClock();
});
const load = async (keys: readonly string[]) => {
  loads.push([...keys]);
  if (isBroken) throw new Error('store down');
  return new Map(
    keys.filter((key) => key !== 'absent').map((key) => [key, `${key}@${clock.now()}`]),
  );
};
const cacheOf = (entriesMax = 100) => expiringCache({ load, lifetime, entriesMax, clock });

test('only keys that are not known are loaded, and together', async () => {
  const cache = cacheOf();
  await cache.get(['a', 'b']);
  expect((await cache.get(['a', 'b', 'c', 'd'])).size).toBe(4);
  expect(loads).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('a key that is not there is asked for once', async () => {
  const cache = cacheOf();
  for (let time = 0; time < 3; time += 1)
    expect((await cache.get(['absent'])).has('absent')).toBe(false);
  expect(loads).toHaveLength(1);
});

test('a value is loaded again at the end of its lifetime, not before', async () => {
  const cache = cacheOf();
  const first = (await cache.get(['a'])).get('a');
  clock.advance(999);
  expect((await cache.get(['a'])).get('a')).toBe(first);
  clock.advance(1);
  expect((await cache.get(['a'])).get('a')).not.toBe(first);
});

test('a failure to load is the caller’s to know', async () => {
  isBroken = true;
  await expect(cacheOf().get(['a'])).rejects.toThrow('store down');
});

test('it never holds more than it may, and answers all the same', async () => {
  const cache = cacheOf(2);
  expect((await cache.get(['a', 'b', 'c'])).size).toBe(3);
  await cache.get(['d']);
  await cache.get(['a']);
  expect(loads.at(-1)).toEqual(['a']);
});

test('a refresh that fails leaves the old value in force, and the first load must succeed', async () => {
  let value = 1;
  const read = refreshed({
    load: async () => {
      if (isBroken) throw new Error('store down');
      return value;
    },
    lifetime,
    clock,
  });
  isBroken = true;
  await expect(read()).rejects.toThrow('store down');
  isBroken = false;
  expect(await read()).toBe(1);
  value = 2;
  expect(await read()).toBe(1);
  clock.advance(1000);
  isBroken = true;
  expect(await read()).toBe(1);
  isBroken = false;
  clock.advance(1000);
  expect(await read()).toBe(2);
});
