import type { Clock } from '#domain/clock.ts';
import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { Log } from '../log.ts';
import type { OpenFile } from '../platform/file-system.ts';
import type { AssetName, HeldAsset, NamedAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import { AssetWriter } from './asset-writer.ts';
import { freeBytes, makeRoom, volumesByRoom } from './room.ts';
import { formatSidecar } from './sidecar.ts';
import type { Volume } from './volume.ts';

/** An asset that is open to be read. While it is, it is nobody's victim. */
export interface AssetReader {
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export type RemovalReason = 'eviction' | 'invalidation' | 'corruption';
export type RemovalVerdict = 'removed' | 'planned' | 'in-use' | 'not-held';

/** Every asset that this OCA holds, on all its disks. What it gives out has been verified. */
export class AssetStore {
  readonly index: AssetIndex;
  /** Called when a disk has failed: what it held is held no longer. */
  onDiskFailure: (() => void) | undefined;
  readonly #volumes: ReadonlyMap<DiskId, Volume>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #useCounts = new Map<AssetId, number>();
  /** Sidecars are written one after another, each from the index as it is then. */
  #sidecars: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly index: AssetIndex;
    readonly volumes: ReadonlyMap<DiskId, Volume>;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.index = options.index;
    this.#volumes = options.volumes;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  get volumes(): Iterable<Volume> {
    return this.#volumes.values();
  }

  find(titleId: TitleId, file: string): NamedAsset | undefined {
    return this.index.find(titleId, file);
  }

  /** Opens an asset that was found. Undefined when its file or its disk has gone: it is then no longer held. */
  async openReader(asset: HeldAsset): Promise<AssetReader | undefined> {
    const volume = this.#volumeOf(asset);
    this.#retain(asset.assetId);
    let file: OpenFile | undefined;
    try {
      file = await volume.openAsset(asset.assetId);
      if ((await file.sizeBytes()) !== asset.sizeBytes) throw new Error('size differs');
    } catch (error) {
      this.#release(asset.assetId);
      await file?.close().catch(() => undefined);
      if (errorCodeOf(error) !== 'disk-failed') await this.remove(asset.assetId, 'corruption');
      return undefined;
    }
    return this.#readerOf(asset.assetId, file, volume);
  }

  noteUse(assetId: AssetId): void {
    this.index.touch(assetId, this.#clock.now());
  }

  /**
   * Begins to take in an asset on one of `tiers`, the first with room; undefined when none has any. With `mayEvict`,
   * assets that are not planned give way, the coldest first.
   */
  async begin(options: {
    readonly sizeBytes: Bytes;
    readonly tiers: readonly Tier[];
    readonly mayEvict: boolean;
  }): Promise<AssetWriter | undefined> {
    for (const volume of volumesByRoom(this.volumes, options.tiers, this.index)) {
      const isInUse = (assetId: AssetId) => this.#useCounts.has(assetId);
      const victims = makeRoom({ volume, index: this.index, isInUse, ...options });
      if (!victims) continue;
      volume.reservedBytes += options.sizeBytes;
      try {
        for (const victim of victims) await this.remove(victim.assetId, 'eviction');
        const partial = await volume.createPartial();
        return new AssetWriter({ volume, sizeBytes: options.sizeBytes, partial });
      } catch (error) {
        volume.reservedBytes -= options.sizeBytes;
        const code = errorCodeOf(error);
        if (code !== 'disk-failed' && code !== 'disk-full') throw error;
      }
    }
    return undefined;
  }

  /**
   * Makes a verified transfer an asset under its names: durable first, visible then. Bytes that are held already stay
   * where they are.
   */
  async publish(
    writer: AssetWriter,
    assetId: AssetId,
    names: readonly AssetName[],
  ): Promise<HeldAsset> {
    const { volume, sizeBytes } = writer;
    const { diskId, tier } = volume.disk;
    const asset: HeldAsset = { assetId, diskId, tier, sizeBytes };
    try {
      if (!this.index.asset(assetId)) {
        await writer.sync();
        await volume.publish(writer.path, assetId, formatSidecar(sizeBytes, names));
      }
      const twin = this.index.asset(assetId);
      if (!twin) this.index.add(asset, this.#clock.now());
      else if (twin.diskId !== diskId) await volume.removeAsset(assetId);
      this.#retain(assetId);
      void writer.whenClosed.then(() => this.#release(assetId));
      await this.bind(assetId, names);
      return twin ?? asset;
    } finally {
      await this.abandon(writer);
    }
  }

  /** Ends a transfer and gives its room back. What was not published is gone. */
  async abandon(writer: AssetWriter): Promise<void> {
    writer.volume.reservedBytes -= writer.sizeBytes;
    await writer.finish();
    await writer.volume.removePartial(writer.path).catch(() => undefined);
  }

  /** Lets names mean a held asset. An asset that loses its last name by this is invalid, and removed. */
  async bind(assetId: AssetId, names: readonly AssetName[]): Promise<void> {
    if (!this.index.asset(assetId)) return;
    const before = this.index.namesOf(assetId);
    const replaced = names.map((name) => this.index.bind(assetId, name));
    for (const loser of replaced) if (loser) await this.#removeIfNameless(loser);
    if (!isSameNames(before, this.index.namesOf(assetId))) await this.#rewriteSidecar(assetId);
  }

  /** Removes an asset, unless it is planned or being read where the reason is mere room. */
  async remove(assetId: AssetId, reason: RemovalReason): Promise<RemovalVerdict> {
    const asset = this.index.asset(assetId);
    if (!asset) return 'not-held';
    if (reason === 'eviction' && this.index.isPinned(assetId)) return 'planned';
    if (reason === 'eviction' && this.#useCounts.has(assetId)) return 'in-use';
    this.index.remove(assetId);
    this.#log('store.asset.removed', { assetId, reason, sizeBytes: asset.sizeBytes });
    await this.#volumeOf(asset)
      .removeAsset(assetId)
      .catch(() => undefined);
    return 'removed';
  }

  /** Pins what the plan names and frees the rest; names that the plan gives to other bytes are held no longer. */
  async setPlan(items: readonly FillPlanItem[]): Promise<void> {
    for (const { titleId, file } of this.index.setPlan(items)) {
      const assetId = this.index.unbind(titleId, file);
      if (assetId) await this.#removeIfNameless(assetId);
    }
  }

  roomOf(volume: Volume): Bytes {
    return freeBytes(volume, this.index);
  }

  async close(): Promise<void> {
    await this.#sidecars;
    this.index.close();
  }

  async #removeIfNameless(assetId: AssetId): Promise<void> {
    if (this.index.namesOf(assetId).length === 0) await this.remove(assetId, 'invalidation');
    else await this.#rewriteSidecar(assetId);
  }

  #rewriteSidecar(assetId: AssetId): Promise<void> {
    this.#sidecars = this.#sidecars.then(async () => {
      const asset = this.index.asset(assetId);
      if (!asset) return;
      const sidecar = formatSidecar(asset.sizeBytes, this.index.namesOf(assetId));
      const written = this.#volumeOf(asset).writeSidecar(assetId, sidecar);
      await written.catch(() => this.#log('store.sidecar.unwritten', { assetId }));
    });
    return this.#sidecars;
  }

  #readerOf(assetId: AssetId, file: OpenFile, volume: Volume): AssetReader {
    let isOpen = true;
    return {
      read: (buffer, position) => volume.run(() => file.read(buffer, position)),
      close: async () => {
        if (!isOpen) return;
        isOpen = false;
        this.#release(assetId);
        await file.close().catch(() => undefined);
      },
    };
  }

  #volumeOf(asset: HeldAsset): Volume {
    const volume = this.#volumes.get(asset.diskId);
    if (!volume) throw new CdnError('disk-failed', `disk ${asset.diskId} is not configured`);
    return volume;
  }

  #retain(assetId: AssetId): void {
    this.#useCounts.set(assetId, (this.#useCounts.get(assetId) ?? 0) + 1);
  }
  #release(assetId: AssetId): void {
    const count = (this.#useCounts.get(assetId) ?? 0) - 1;
    if (count > 0) this.#useCounts.set(assetId, count);
    else this.#useCounts.delete(assetId);
  }
}

/** Whether a sidecar would say the same, but for the time of the last confirmation. */
function isSameNames(one: readonly AssetName[], other: readonly AssetName[]): boolean {
  const lines = (names: readonly AssetName[]) =>
    names
      .map((name) => JSON.stringify([name.titleId, name.file, name.etag, name.contentType]))
      .sort();
  return lines(one).join() === lines(other).join();
}
