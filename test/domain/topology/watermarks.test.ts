import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { storageCapacity } from '#domain/topology/capacity-model.ts';
import type { HardwareProfile } from '#domain/topology/hardware-profile.ts';
import {
  dataShareOf,
  planShareOf,
  SURPRISE_SHARE_DEFAULT,
  WATERMARKS,
} from '#domain/topology/watermarks.ts';
import { bitsPerSecond, bytes, ratio } from '#domain/units.ts';

test('assets may fill k of k + m below the watermark of hdd, all of it without parity', () => {
  expect(dataShareOf({ dataFiles: 10, parityFiles: 2 })).toBeCloseTo(10 / 12, 12);
  expect(dataShareOf({ dataFiles: 10, parityFiles: 0 })).toBe(1);
  expect(dataShareOf(undefined)).toBe(1);
});

test('a plan may fill what surprises leave of it; flash has no parity', () => {
  const parity = { dataFiles: 10, parityFiles: 2 };
  expect(planShareOf('flash', { parity })).toBeCloseTo(0.95 * 0.9, 12);
  expect(planShareOf('hdd', { parity })).toBeCloseTo((0.85 * 10 * 0.9) / 12, 12);
  expect(planShareOf('hdd', { parity, surpriseShare: 0 })).toBeCloseTo((0.85 * 10) / 12, 12);
  expect([WATERMARKS, SURPRISE_SHARE_DEFAULT]).toEqual([{ flash: 0.95, hdd: 0.85 }, 0.1]);
});

test('the planner and the capacity model promise the same', () => {
  const shape = fc.record({
    dataFiles: fc.integer({ min: 1, max: 64 }),
    parityFiles: fc.integer({ min: 0, max: 8 }),
  });
  const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
  fc.assert(
    fc.property(
      fc.constantFrom('flash', 'hdd'),
      fc.option(shape, { nil: undefined }),
      share,
      fc.integer({ min: 1e9, max: 1e15 }),
      (tier, parity, surpriseShare, capacityBytes) => {
        const bay = { tier, count: 1, capacityBytes: bytes(capacityBytes), positioningMs: 0 };
        const profile: HardwareProfile = {
          name: 'one disk',
          bays: [{ ...bay, sequentialRead: bitsPerSecond(1e9) }],
          ...{ network: bitsPerSecond(1e9), memoryBytes: bytes(1e9) },
          memoryBandwidth: bitsPerSecond(1e9),
        };
        const options = { parity, surpriseShare: ratio(surpriseShare) };
        const { plannableBytes } = storageCapacity(profile, options)[tier];
        const planned = capacityBytes * planShareOf(tier, { parity, surpriseShare });
        // Each of three steps is rounded down to whole bytes.
        expect(planned - plannableBytes).toBeGreaterThan(-1);
        expect(planned - plannableBytes).toBeLessThan(4);
      },
    ),
  );
});
