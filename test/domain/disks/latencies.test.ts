import { expect, test } from '@jest/globals';
import { compareLatencies } from '#domain/disks/compare-latencies.ts';
import { LatencyWindow } from '#domain/disks/latency-window.ts';
import type { DiskId } from '#domain/ids.ts';
import { milliseconds } from '#domain/units.ts';

const window = (...durations: number[]): LatencyWindow => {
  const noted = new LatencyWindow();
  for (const duration of durations) noted.note(milliseconds(duration));
  return noted;
};
const many = (count: number, duration: number) => new Array<number>(count).fill(duration);

test('the 99th percentile is told to the next power of two', () => {
  expect(window(...many(99, 3), 900).takeP99()).toBe(4);
  expect(window(...many(98, 3), 900, 900).takeP99()).toBe(1024);
  expect(window(...many(100, 0)).takeP99()).toBe(1);
  expect(window(...many(100, 1e9)).takeP99()).toBe(2 ** 20);
});

test('too few operations say nothing, and a window begins anew when it is taken', () => {
  expect(window(...many(99, 5)).takeP99()).toBeUndefined();
  const noted = window(...many(100, 5));
  expect(noted.takeP99()).toBe(8);
  expect(noted.takeP99()).toBeUndefined();
});

const compare = (p99s: Record<string, number>, floor: number) =>
  Object.fromEntries(
    compareLatencies(
      new Map(Object.entries(p99s).map(([id, p99]) => [id as DiskId, milliseconds(p99)])),
      milliseconds(floor),
    ),
  );

test('each disk is compared with the median of the others, never with itself', () => {
  expect(compare({ a: 800, b: 10, c: 20, d: 30 }, 1)).toMatchObject({
    a: { p99: 800, medianOfOthers: 20 },
    b: { p99: 10, medianOfOthers: 30 },
  });
  expect(compare({ a: 800, b: 10 }, 1)).toMatchObject({ a: { medianOfOthers: 10 } });
});

test('a disk without others is not judged, and medians below the floor count as the floor', () => {
  expect(compare({ a: 800 }, 1)).toEqual({});
  expect(compare({ a: 30, b: 1, c: 1 }, 20)).toMatchObject({ a: { medianOfOthers: 20 } });
});
