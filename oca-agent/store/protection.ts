import type { AssetId, DiskId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetReader } from './asset-store.ts';

/** What parity does for the store. The store says what changes; everything else happens in the background. */
export interface Protection {
  /** What parity files and retired assets take on a disk. */
  overheadBytes(diskId: DiskId): Bytes;
  /** The part of an hdd disk below its watermark that assets may fill: k / (k + m); 1 where parity is off. */
  readonly dataShare: number;
  /** The bytes can be told, although the disk that holds them has failed. */
  isRecoverable(assetId: AssetId): boolean;
  /** Opens an asset that its disk does not give out: each chunk is told from its parity group, and verified. */
  openLost(asset: HeldAsset): Promise<AssetReader | undefined>;
  /** The asset has left the index or its disk. True: its bytes must be retired, for parity still stands on them. */
  release(asset: HeldAsset): boolean;
  /** Assets have come, gone or moved, or a disk has: there may be work. */
  wake(): void;
}

/** Parity is off. */
export const NO_PROTECTION: Protection = {
  overheadBytes: () => 0 as Bytes,
  dataShare: 1,
  isRecoverable: () => false,
  openLost: async () => undefined,
  release: () => false,
  wake() {},
};
