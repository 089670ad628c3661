import { expect, test } from '@jest/globals';
import { bitsPerSecond, epochMs } from '#domain/units.ts';
import { Pacer } from '../../../oca-agent/fill/pacer.ts';

function manualClock() {
  let now = 1_000_000;
  return {
    now: () => epochMs(now),
    sleep: async (duration: number) => {
      now += duration;
    },
    advance: (duration: number) => {
      now += duration;
    },
  };
}
const signal = new AbortController().signal;

test('a long transfer goes at the configured rate', async () => {
  const clock = manualClock();
  const pacer = new Pacer(clock, bitsPerSecond(8_000_000));
  const startedAt = clock.now();
  for (let chunk = 0; chunk < 100; chunk += 1) await pacer.take(100_000, signal);
  expect((clock.now() - startedAt) / 1000).toBeCloseTo(10, 0);
});

test('a pause is caught up with for a quarter of a second at most', async () => {
  const clock = manualClock();
  const pacer = new Pacer(clock, bitsPerSecond(8_000_000));
  await pacer.take(100_000, signal);
  clock.advance(60_000);
  const startedAt = clock.now();
  for (let chunk = 0; chunk < 10; chunk += 1) await pacer.take(100_000, signal);
  expect(clock.now() - startedAt).toBe(750);
});

test('without a rate nothing waits', async () => {
  const clock = manualClock();
  const before = clock.now();
  await new Pacer(clock, undefined).take(1e12, signal);
  expect(clock.now()).toBe(before);
});

test('a clock that is set back by a day holds nothing up for long', async () => {
  const clock = manualClock();
  const pacer = new Pacer(clock, bitsPerSecond(8_000_000));
  await pacer.take(100_000, signal);
  clock.advance(-86_400_000);
  const startedAt = clock.now();
  await pacer.take(100_000, signal);
  expect(clock.now() - startedAt).toBeLessThan(61_000);
});
