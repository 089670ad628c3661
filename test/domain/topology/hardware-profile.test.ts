import { expect, test } from '@jest/globals';
import { HARDWARE_PROFILES, type HardwareProfile } from '#domain/topology/hardware-profile.ts';

const profileOf = (name: string): HardwareProfile => {
  const profile = HARDWARE_PROFILES.find((one) => one.name === name);
  if (!profile) throw new Error(`there is no ${name}`);
  return profile;
};
const bayOf = (profile: HardwareProfile, tier: 'flash' | 'hdd') => {
  const bays = profile.bays.filter((bay) => bay.tier === tier);
  const count = bays.reduce((sum, bay) => sum + bay.count, 0);
  const readBytesPerSecond = bays.reduce((sum, bay) => sum + bay.count * bay.sequentialRead, 0) / 8;
  return { count, terabytes: bays.map((bay) => bay.capacityBytes / 1e12), readBytesPerSecond };
};

test('generation 5 is what the sketch says: 8 × 7.68 TB, 36 × 20 TB, 2 × 100 GbE, 256 GB', () => {
  const profile = profileOf('generation 5');
  const [flash, hdd] = [bayOf(profile, 'flash'), bayOf(profile, 'hdd')];
  expect([flash.count, flash.terabytes, hdd.count, hdd.terabytes]).toEqual([8, [7.68], 36, [20]]);
  expect(flash.readBytesPerSecond).toBeCloseTo(28e9, -3);
  expect(hdd.readBytesPerSecond).toBeCloseTo(8e9, -3);
  expect([profile.network, profile.memoryBytes]).toEqual([200e9, 256e9]);
});

test('its flash-only sibling differs by its hard disks alone', () => {
  const [whole, flashOnly] = [profileOf('generation 5'), profileOf('generation 5, flash only')];
  expect(bayOf(flashOnly, 'flash')).toEqual(bayOf(whole, 'flash'));
  expect(bayOf(flashOnly, 'hdd').count).toBe(0);
  expect(flashOnly.network).toBe(whole.network);
});

test('every profile has a name of its own, disks, and rates that can be', () => {
  expect(new Set(HARDWARE_PROFILES.map(({ name }) => name)).size).toBe(HARDWARE_PROFILES.length);
  for (const { bays, network, memoryBandwidth } of HARDWARE_PROFILES) {
    expect(bays.length).toBeGreaterThan(0);
    for (const bay of bays) {
      expect(bay.count * bay.capacityBytes * bay.sequentialRead).toBeGreaterThan(0);
      expect(bay.positioningMs > 0).toBe(bay.tier === 'hdd');
    }
    expect(memoryBandwidth).toBeGreaterThan(network);
  }
});
