import { expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { bitsPerSecond, epochMs } from '#domain/units.ts';
import { UpkeepPacer } from '../../../oca-agent/upkeep/upkeep-pace.ts';

const MEGABYTE = 1_000_000;
const a = 'disk-a' as DiskId;
const b = 'disk-b' as DiskId;
const { signal } = new AbortController();

/** Time passes only for those who wait. */
function build(pressure: (diskId: DiskId) => number = () => 0) {
  let now = 1_000_000;
  const clock = {
    now: () => epochMs(now),
    sleep: async (duration: number) => {
      now += duration;
    },
  };
  const pacer = new UpkeepPacer(clock, bitsPerSecond(80 * MEGABYTE), pressure);
  const secondsFor = async (megabytes: number, ...disks: DiskId[]) => {
    const startedAt = now;
    for (let count = 0; count < megabytes; count += 1)
      for (const disk of disks) await pacer.take(disk, MEGABYTE, signal);
    return (now - startedAt) / 1000;
  };
  return { pacer, secondsFor };
}

test('each disk has its own rate', async () => {
  expect(await build().secondsFor(100, a)).toBeCloseTo(10, 0);
  expect(await build().secondsFor(100, a, b)).toBeCloseTo(10, 0);
});

test('while serving is busy with a disk upkeep all but stops there, and not elsewhere', async () => {
  const { secondsFor, pacer } = build((disk) => (disk === a ? 0.9 : 0.5));
  await secondsFor(20, a);
  expect(pacer.rateOf(a)).toBeLessThanOrEqual((80 * MEGABYTE) / 32);
  expect(pacer.rateOf(a)).toBeGreaterThan(0);
  expect(await secondsFor(100, b)).toBeCloseTo(10, 0);
});

test('it comes back to its rate little by little when serving is quiet again', async () => {
  let load = 1;
  const { secondsFor, pacer } = build(() => load);
  await secondsFor(20, a);
  load = 0;
  await secondsFor(1, a);
  const first = pacer.rateOf(a);
  await secondsFor(20, a);
  const second = pacer.rateOf(a);
  await secondsFor(500, a);
  expect(first).toBeLessThan(second);
  expect(second).toBeLessThan(80 * MEGABYTE);
  expect(pacer.rateOf(a)).toBe(80 * MEGABYTE);
});
