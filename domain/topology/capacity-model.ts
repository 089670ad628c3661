import { type BitsPerSecond, type Bytes, bitsPerSecond, bytes, type Ratio } from '../units.ts';
import type { DiskBay, HardwareProfile } from './hardware-profile.ts';
import { dataShareOf, type ParityGeometry, WATERMARKS } from './watermarks.ts';

type Tier = DiskBay['tier'];

/** Bytes of a tier, from what is built in to what a plan may fill. */
export interface TierCapacity {
  readonly rawBytes: Bytes;
  readonly belowWatermarkBytes: Bytes;
  /** What assets may fill. */
  readonly usableBytes: Bytes;
  /** Without the share that is left to surprises. */
  readonly plannableBytes: Bytes;
}

/** What an appliance can hold. A tier that it lacks has 0 of everything. */
export function storageCapacity(
  profile: HardwareProfile,
  options: { readonly parity: ParityGeometry | undefined; readonly surpriseShare: Ratio },
): Readonly<Record<Tier, TierCapacity>> {
  const capacityOf = (tier: Tier): TierCapacity => {
    const rawBytes = sum(
      profile.bays
        .filter((bay) => bay.tier === tier)
        .map(({ count, capacityBytes }) => count * capacityBytes),
    );
    const dataShare = tier === 'hdd' ? dataShareOf(options.parity) : 1;
    const belowWatermarkBytes = bytes(Math.floor(rawBytes * WATERMARKS[tier]));
    const usableBytes = bytes(Math.floor(belowWatermarkBytes * dataShare));
    const plannableBytes = bytes(Math.floor(usableBytes * (1 - options.surpriseShare)));
    return { rawBytes: bytes(rawBytes), belowWatermarkBytes, usableBytes, plannableBytes };
  };
  return { flash: capacityOf('flash'), hdd: capacityOf('hdd') };
}

export type Component = 'network' | 'memory' | 'flash' | 'hdd';

export interface ThroughputCapacity {
  /** What each component there is could carry, if it carried its part alone. */
  readonly componentEgress: ReadonlyMap<Component, BitsPerSecond>;
  /** Of each tier that there is, reads of {@link READ_BYTES} a second. */
  readonly readsPerSecond: ReadonlyMap<Tier, number>;
  /** What the appliance can send for as long as it likes. */
  readonly egress: BitsPerSecond;
  readonly limitedBy: Component;
  /** Streams at the bit rate asked for. */
  readonly streams: number;
}

/** One read of a disk. Source: what nginx and the agent read at once, research "performance", section 8. */
export const READ_BYTES = 512 * 1024;

/**
 * How often each byte crosses the memory: from the disk, to be encrypted and back, to the network.
 * Source: research "anchors", section 1.1, encryption in software in the kernel.
 */
const MEMORY_CROSSINGS = 4;

/**
 * What an appliance can send: the least of what its components can, each by the share of the bytes that it carries.
 * Reads that memory spares the disks are not counted, so it is rather more. `flashShare` of the bytes come from flash;
 * with one tier alone, all come from there.
 */
export function throughputCapacity(
  profile: HardwareProfile,
  options: { readonly flashShare: Ratio; readonly streamRate: BitsPerSecond },
): ThroughputCapacity {
  const readsPerSecond = new Map<Tier, number>();
  for (const bay of profile.bays) {
    const reads = bay.count * readsOfDisk(bay);
    readsPerSecond.set(bay.tier, (readsPerSecond.get(bay.tier) ?? 0) + reads);
  }
  const componentEgress = new Map<Component, BitsPerSecond>([
    ['network', profile.network],
    ['memory', bitsPerSecond(profile.memoryBandwidth / MEMORY_CROSSINGS)],
  ]);
  for (const [tier, reads] of readsPerSecond) {
    const share = byteShare(tier, readsPerSecond.size, options.flashShare);
    if (share > 0) componentEgress.set(tier, bitsPerSecond((reads * READ_BYTES * 8) / share));
  }
  const [limitedBy, egress] = [...componentEgress].reduce((least, one) =>
    one[1] < least[1] ? one : least,
  );
  const streams = Math.floor(egress / options.streamRate);
  return { componentEgress, readsPerSecond, egress, limitedBy, streams };
}

/** Each read waits for the head and then for its bytes. */
function readsOfDisk({ positioningMs, sequentialRead }: DiskBay): number {
  return 1 / (positioningMs / 1000 + (READ_BYTES * 8) / sequentialRead);
}

const byteShare = (tier: Tier, tiers: number, flashShare: Ratio): number =>
  tiers === 1 ? 1 : tier === 'flash' ? flashShare : 1 - flashShare;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
