import type { AssetId, DiskId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetReader } from './asset-reader.ts';

/** What parity does for the store. The store says what changes; everything else happens in the background. */
export interface Protection {
  /** What parity files and retired assets take on a disk. */
  overheadBytes(diskId: DiskId): Bytes;
  /** The part of the overhead that is retired assets: it takes the room of assets, not that of parity files. */
  retiredBytes(diskId: DiskId): Bytes;
  /** The part of an hdd disk below its watermark that assets may fill: k / (k + m); 1 where parity is off. */
  readonly dataShare: number;
  /**
   * The bytes can be told, although the disk that holds them has failed. Also true as long as it is not known, shortly
   * after a start: what turns out to be lost is removed from the index later.
   */
  isRecoverable(assetId: AssetId): boolean;
  /** Opens an asset that its disk does not give out: each chunk is told from its parity group, and verified. */
  openLost(asset: HeldAsset): Promise<AssetReader | undefined>;
  /** The asset has come, or lies on another disk now. Its bytes are where the index says. */
  noteHeld(asset: HeldAsset): void;
  /**
   * The bytes of a held asset are gone from a disk that works: it was replaced, or the file vanished. True: the asset
   * stays held, and is repaired. False: forget it.
   */
  noteLost(asset: HeldAsset): boolean;
  /**
   * The asset has left the index, or (as it was before a move) its disk. Called after the index was changed. True: its
   * bytes must be retired, for parity still stands on them.
   */
  release(asset: HeldAsset): boolean;
  /** A disk has failed, come back or was replaced: there may be work. */
  wake(): void;
  /** Ends the work under way; resolves when nothing is written any more. */
  close(): Promise<void>;
}

/** Parity is off. */
export const NO_PROTECTION: Protection = {
  overheadBytes: () => 0 as Bytes,
  retiredBytes: () => 0 as Bytes,
  dataShare: 1,
  isRecoverable: () => false,
  openLost: async () => undefined,
  noteHeld() {},
  noteLost: () => false,
  release: () => false,
  wake() {},
  close: async () => undefined,
};
