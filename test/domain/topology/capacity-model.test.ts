import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  READ_BYTES,
  storageCapacity,
  throughputCapacity,
} from '#domain/topology/capacity-model.ts';
import { HARDWARE_PROFILES, type HardwareProfile } from '#domain/topology/hardware-profile.ts';
import { bitsPerSecond, bytes, ratio } from '#domain/units.ts';

const profileOf = (name: string): HardwareProfile => {
  const profile = HARDWARE_PROFILES.find((one) => one.name === name);
  if (!profile) throw new Error(`there is no ${name}`);
  return profile;
};
const terabytes = ({ flash, hdd }: { flash: number; hdd: number }) =>
  Number(((flash + hdd) / 1e12).toFixed(3));

test('generation 5 holds 781.44 TB raw, 670.368 below the watermarks, and less with parity and for plans', () => {
  const parity = { dataFiles: 10, parityFiles: 2 };
  const { flash, hdd } = storageCapacity(profileOf('generation 5'), {
    parity,
    surpriseShare: ratio(0.1),
  });
  expect(terabytes({ flash: flash.rawBytes, hdd: hdd.rawBytes })).toBe(781.44);
  expect(terabytes({ flash: flash.belowWatermarkBytes, hdd: hdd.belowWatermarkBytes })).toBe(
    670.368,
  );
  expect(terabytes({ flash: flash.usableBytes, hdd: hdd.usableBytes })).toBe(568.368);
  expect(terabytes({ flash: flash.plannableBytes, hdd: hdd.plannableBytes })).toBe(511.531);
});

test('without parity and surprises, all below the watermarks is plannable', () => {
  const { flash, hdd } = storageCapacity(profileOf('generation 5'), {
    parity: undefined,
    surpriseShare: ratio(0),
  });
  expect(flash.plannableBytes).toBe(flash.belowWatermarkBytes);
  expect(hdd.plannableBytes).toBe(hdd.belowWatermarkBytes);
});

test('a tier that is not there holds nothing and limits nothing', () => {
  const profile = profileOf('i3en.24xlarge');
  const { hdd } = storageCapacity(profile, { parity: undefined, surpriseShare: ratio(0.1) });
  expect(hdd).toEqual({
    ...{ rawBytes: 0, belowWatermarkBytes: 0, usableBytes: 0, plannableBytes: 0 },
  });
  const options = { flashShare: ratio(0.5), streamRate: bitsPerSecond(5e6) };
  expect([...throughputCapacity(profile, options).componentEgress.keys()]).toEqual([
    ...['network', 'memory', 'flash'],
  ]);
});

test('the hard disks of generation 5 are the limit, by their seeks: 8,000 to 15,000 streams of 5 Mbit/s', () => {
  const options = { flashShare: ratio(0.85), streamRate: bitsPerSecond(5e6) };
  const { limitedBy, streams, readsPerSecond, egress } = throughputCapacity(
    profileOf('generation 5'),
    options,
  );
  expect(limitedBy).toBe('hdd');
  expect(streams).toBeGreaterThan(8000);
  expect(streams).toBeLessThan(15_000);
  expect(readsPerSecond.get('hdd')).toBeCloseTo(36 / (0.0085 + 0.00416667 + 0.0023593), 0);
  expect(egress).toBeCloseTo(((readsPerSecond.get('hdd') ?? 0) * READ_BYTES * 8) / 0.15, -3);
});

test('with everything in flash the network is the limit', () => {
  const options = { flashShare: ratio(1), streamRate: bitsPerSecond(5e6) };
  const { limitedBy, egress, streams } = throughputCapacity(profileOf('generation 5'), options);
  expect({ limitedBy, egress, streams }).toEqual({
    ...{ limitedBy: 'network', egress: 200e9, streams: 40_000 },
  });
});

const anyBay = fc.record({
  tier: fc.constantFrom('flash' as const, 'hdd' as const),
  count: fc.integer({ min: 1, max: 60 }),
  capacityBytes: fc.integer({ min: 1e9, max: 3e13 }).map(bytes),
  sequentialRead: fc.integer({ min: 1e8, max: 6e10 }).map(bitsPerSecond),
  positioningMs: fc.constantFrom(0, 4, 12.7),
});
const anyProfile = fc.record({
  name: fc.constant('any'),
  bays: fc.array(anyBay, { minLength: 1, maxLength: 4 }),
  network: fc.integer({ min: 1e8, max: 8e11 }).map(bitsPerSecond),
  memoryBytes: fc.constant(bytes(256e9)),
  memoryBandwidth: fc.integer({ min: 1e9, max: 4e12 }).map(bitsPerSecond),
});
const anyRatio = fc.integer({ min: 0, max: 1000 }).map((value) => ratio(value / 1000));

test('no component is ever asked for more than it can', () => {
  fc.assert(
    fc.property(anyProfile, anyRatio, (profile, flashShare) => {
      const streamRate = bitsPerSecond(5e6);
      const { egress, limitedBy, componentEgress, streams } = throughputCapacity(profile, {
        flashShare,
        streamRate,
      });
      const tiers = new Set(profile.bays.map(({ tier }) => tier));
      const within = 1 + 1e-9;
      expect(egress).toBeLessThanOrEqual(profile.network);
      expect(egress * 4).toBeLessThanOrEqual(profile.memoryBandwidth * within);
      for (const tier of tiers) {
        const share = tiers.size === 1 ? 1 : tier === 'flash' ? flashShare : 1 - flashShare;
        const able = profile.bays
          .filter((bay) => bay.tier === tier)
          .map((bay) => {
            const secondsARead = bay.positioningMs / 1000 + (READ_BYTES * 8) / bay.sequentialRead;
            return (bay.count * READ_BYTES * 8) / secondsARead;
          })
          .reduce((sum, one) => sum + one, 0);
        expect(egress * share).toBeLessThanOrEqual(able * within);
      }
      expect(componentEgress.get(limitedBy)).toBe(egress);
      expect(streams * streamRate).toBeLessThanOrEqual(egress);
    }),
    { seed: 20_272, numRuns: 300 },
  );
});

test('plans are promised no more than assets may fill, and assets no more than is below the watermarks', () => {
  const anyParity = fc.option(
    fc.record({
      dataFiles: fc.integer({ min: 1, max: 64 }),
      parityFiles: fc.integer({ min: 0, max: 8 }),
    }),
    { nil: undefined },
  );
  fc.assert(
    fc.property(anyProfile, anyParity, anyRatio, (profile, parity, surpriseShare) => {
      for (const tier of Object.values(storageCapacity(profile, { parity, surpriseShare }))) {
        expect(tier.plannableBytes).toBeLessThanOrEqual(tier.usableBytes);
        expect(tier.usableBytes).toBeLessThanOrEqual(tier.belowWatermarkBytes);
        expect(tier.belowWatermarkBytes).toBeLessThanOrEqual(tier.rawBytes);
      }
    }),
    { seed: 20_273, numRuns: 200 },
  );
});
