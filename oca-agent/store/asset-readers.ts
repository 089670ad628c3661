import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { errnoOf } from '../platform/file-system.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import { type AssetReader, AssetReaderWithWayOut, openOnDisk } from './asset-reader.ts';
import type { Protection } from './protection.ts';
import { speaksOfDisk } from './speaks-of-disk.ts';
import type { UseCounts } from './use-counts.ts';
import type { Volume } from './volume.ts';

interface ReadersParts {
  readonly index: AssetIndex;
  readonly volumes: ReadonlyMap<DiskId, Volume>;
  readonly protection: Protection;
  readonly uses: UseCounts;
  /** The file is not at its place, or is not whole, on a disk that works. */
  readonly onLost: (asset: HeldAsset) => Promise<void>;
  /** A part of it could not be read. */
  readonly onUnreadable: (asset: HeldAsset) => void;
}

/** Opens assets, and keeps those that are open from being evicted. */
export class AssetReaders {
  readonly #parts: ReadersParts;

  constructor(parts: ReadersParts) {
    this.#parts = parts;
  }

  /** Undefined when neither its disk nor its parity group gives the asset out. */
  async open(asset: HeldAsset): Promise<AssetReader | undefined> {
    const { uses, onLost } = this.#parts;
    const { assetId, sizeBytes } = asset;
    uses.retain(assetId, asset.slot);
    const openOther = (failure: unknown) => {
      this.#noteFailure(asset, failure);
      return this.#openOther(asset);
    };
    const onClose = () => uses.release(assetId);
    try {
      const first = await openOnDisk(this.#volumeOf(asset), asset);
      return new AssetReaderWithWayOut({ sizeBytes, first, openOther, onClose });
    } catch (error) {
      const first = await this.#openOther(asset).catch(() => undefined);
      if (!first) onClose();
      if (isLost(error)) await onLost(asset);
      else this.#noteFailure(asset, error);
      // What has just been told from parity, or found elsewhere, says nothing of the asset's own disk when it ends.
      const openAgain = () => this.#openOther(asset);
      return (
        first && new AssetReaderWithWayOut({ sizeBytes, first, openOther: openAgain, onClose })
      );
    }
  }

  /** A disk that is out of use, or does not answer now, says nothing of one asset. */
  #noteFailure(asset: HeldAsset, failure: unknown): void {
    const volume = this.#parts.volumes.get(asset.diskId);
    if (!speaksOfDisk(volume, failure)) this.#parts.onUnreadable(asset);
  }

  /** It may have moved since it was found; else its parity group is asked. */
  async #openOther(asset: HeldAsset): Promise<AssetReader | undefined> {
    const { index, protection } = this.#parts;
    const now = index.asset(asset.assetId) ?? asset;
    if (now.diskId !== asset.diskId) {
      const moved = await openOnDisk(this.#volumeOf(now), now).catch(() => undefined);
      if (moved) return moved;
    }
    return protection.openLost(now);
  }

  #volumeOf({ diskId }: HeldAsset): Volume {
    const volume = this.#parts.volumes.get(diskId);
    if (!volume) throw new CdnError('disk-failed', `disk ${diskId} is not configured`);
    return volume;
  }
}

/** It speaks of the file, not of the disk. */
const isLost = (error: unknown): boolean =>
  errorCodeOf(error) === 'digest-mismatch' ||
  errnoOf(error) === 'ENOENT' ||
  errnoOf(error) === 'ELOOP';
