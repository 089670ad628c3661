import { expect, test } from '@jest/globals';
import { compareLatency } from '#domain/disks/compare-latency.ts';
import { type LatencyTail, LatencyWindow } from '#domain/disks/latency-window.ts';
import { epochMs, milliseconds, seconds } from '#domain/units.ts';

const START = 1_000_000;
const after = (secondsCount: number) => epochMs(START + secondsCount * 1000);
const window = (...durations: number[]): LatencyWindow => {
  const noted = new LatencyWindow(epochMs(START));
  for (const duration of durations) noted.note(milliseconds(duration));
  return noted;
};
const many = (count: number, duration: number) => new Array<number>(count).fill(duration);

test('of a hundred reads the 99th percentile is told, to the next power of two', () => {
  const p99 = (...durations: number[]) => window(...durations).take(after(10))?.p99;
  expect(p99(...many(99, 3), 900)).toBe(4);
  expect(p99(...many(98, 3), 900, 900)).toBe(1024);
  expect(p99(...many(100, 0))).toBe(1);
  expect(p99(...many(100, 1e9))).toBe(2 ** 20);
});

test('of twenty reads in a minute the 95th is told, and nothing before', () => {
  const seldom = window(...many(18, 3), 900, 900);
  expect(seldom.take(after(59))).toBeUndefined();
  expect(seldom.take(after(60))).toEqual({ p95: 1024, p99: undefined, duration: seconds(60) });
  expect(window(...many(19, 3), 900).take(after(60))?.p95).toBe(4);
  expect(window(...many(19, 3)).take(after(60))).toBeUndefined();
});

test('a window goes on until it tells something, for ten minutes at most, and an empty one begins anew', () => {
  const seldom = window(...many(19, 3));
  expect(seldom.take(after(599))).toBeUndefined();
  seldom.note(milliseconds(3));
  expect(seldom.take(after(600))).toMatchObject({ p95: 4, duration: seconds(600) });
  const older = window(...many(19, 3));
  expect(older.take(after(600))).toBeUndefined();
  older.note(milliseconds(3));
  expect(older.take(after(700))).toBeUndefined();
  const idle = window();
  expect(idle.take(after(500))).toBeUndefined();
  for (const duration of many(100, 3)) idle.note(milliseconds(duration));
  expect(idle.take(after(510))).toMatchObject({ p99: 4, duration: seconds(10) });
});

const tail = (p95: number, p99?: number): LatencyTail => ({
  p95: milliseconds(p95),
  p99: p99 === undefined ? undefined : milliseconds(p99),
  duration: seconds(10),
});
const FLOOR = milliseconds(20);

test('a disk is compared with the median of the others: one in a hundred where both know that, else one in twenty', () => {
  const busy = [tail(30, 90), tail(31, 80), tail(32, 70), tail(500)];
  expect(compareLatency(tail(200, 800), busy, FLOOR)).toEqual({
    percentile: 99,
    latency: 800,
    medianOfOthers: 80,
    duration: seconds(10),
  });
  expect(compareLatency(tail(200), busy, FLOOR)).toMatchObject({
    percentile: 95,
    latency: 200,
    medianOfOthers: 31,
  });
  expect(compareLatency(tail(200, 800), [tail(40)], FLOOR)).toMatchObject({
    percentile: 95,
    latency: 200,
    medianOfOthers: 40,
  });
});

test('a disk without others is not judged, and medians below the floor count as the floor', () => {
  expect(compareLatency(tail(800), [], FLOOR)).toBeUndefined();
  expect(compareLatency(tail(30), [tail(1), tail(1)], FLOOR)).toMatchObject({ medianOfOthers: 20 });
});
