import type { AssetId } from '#domain/ids.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import type { Volume } from './volume.ts';

/** The part of a disk that may be filled. Source: the appliance's design, research "appliance", section 3.2. */
const WATERMARK: Readonly<Record<Tier, number>> = { flash: 0.95, hdd: 0.85 };

/** What may still be written to a disk without removing anything. */
export const freeBytes = (volume: Volume, index: AssetIndex): Bytes =>
  bytes(Math.max(0, roomBytes(volume, index)));

/** Healthy disks of these tiers: tier by tier as listed, within a tier the one with most room first. */
export function volumesByRoom(
  volumes: Iterable<Volume>,
  tiers: readonly Tier[],
  index: AssetIndex,
): Volume[] {
  const healthy = [...volumes].filter((volume) => volume.failure === undefined);
  return tiers.flatMap((tier) =>
    healthy
      .filter((volume) => volume.disk.tier === tier)
      .sort((one, other) => roomBytes(other, index) - roomBytes(one, index)),
  );
}

/** The assets that must go so that `sizeBytes` fit on a disk; undefined when they cannot be made to fit. */
export function makeRoom(options: {
  readonly volume: Volume;
  readonly index: AssetIndex;
  readonly sizeBytes: Bytes;
  readonly mayEvict: boolean;
  readonly isInUse: (assetId: AssetId) => boolean;
}): HeldAsset[] | undefined {
  const { volume, index, sizeBytes } = options;
  const { diskId } = volume.disk;
  let lackingBytes = sizeBytes - roomBytes(volume, index);
  if (lackingBytes <= 0) return [];
  const isHopeless = index.usageOfDisk(diskId).evictableBytes < lackingBytes;
  if (!options.mayEvict || isHopeless) return undefined;
  const victims: HeldAsset[] = [];
  for (const asset of index.coldest(diskId)) {
    if (options.isInUse(asset.assetId)) continue;
    victims.push(asset);
    lackingBytes -= asset.sizeBytes;
    if (lackingBytes <= 0) return victims;
  }
  return undefined;
}

function roomBytes(volume: Volume, index: AssetIndex): number {
  const { diskId, tier, capacityBytes } = volume.disk;
  if (volume.isFull) return 0;
  const limitBytes = Math.floor(capacityBytes * WATERMARK[tier]);
  return limitBytes - index.usageOfDisk(diskId).usedBytes - volume.reservedBytes;
}
