import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Clock } from '#domain/clock.ts';
import { assetStampSeconds } from '#domain/delivery/asset-etag.ts';
import type { DiskCondition } from '#domain/disks/disk-state.ts';
import { CdnError } from '#domain/errors.ts';
import { type AssetId, type DiskId, isAssetId } from '#domain/ids.ts';
import { after, type Bytes, bytes, type EpochMs, epochMs, seconds } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import { GATE_LIMITS, type GateLimits } from '../disks/disk-gate.ts';
import { DiskGuard, type DiskLoad } from '../disks/disk-guard.ts';
import { Medium } from '../disks/medium.ts';
import { errnoOf, type FileSystem, type OpenFile } from '../platform/file-system.ts';
import {
  assetPath,
  assetPlace,
  FOLDERS,
  isParityName,
  objectsPath,
  type ParityName,
  parityPath,
  retiredPath,
  sidecarPath,
} from './volume-layout.ts';
import { listPlaces, publishAt, removeAt, writeSidecarOf } from './volume-places.ts';

export interface DiskSettings {
  readonly diskId: DiskId;
  readonly tier: Tier;
  readonly path: string;
  readonly capacityBytes: Bytes;
}

/** A file at an asset's place, and what is said of it beside it. */
export interface FoundAsset {
  readonly assetId: AssetId;
  readonly sidecar: string | undefined;
  readonly sizeBytes: number | undefined;
}

export interface VolumeOptions {
  readonly disk: DiskSettings;
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Called when the disk fails; not again before it is back. */
  readonly onFailure: (reason: string) => void;
  readonly onChange?: (condition: DiskCondition) => void;
  /** The same medium is back: what it holds may be read again. */
  readonly onReturned?: () => void;
  /** A blank medium has taken its place: nothing of what it held is there. */
  readonly onReplaced?: () => void;
  readonly requiresMountPoint?: boolean;
  readonly limits?: GateLimits;
}

/**
 * One disk: one filesystem with whole assets as plain files on it.
 *
 *     <path>/.oca-disk                   which disk this is
 *     <path>/objects/ab/<sha256>         a verified asset
 *     <path>/objects/ab/<sha256>.json    its sidecar, so that the index can be told anew
 *     <path>/parity/ab/<group>.<row>     a parity file, with a sidecar likewise
 *     <path>/retired/<sha256>            what nobody holds any more, and parity still stands on
 *     <path>/tmp/<uuid>.part             on its way in
 *
 * Every operation passes the disk's gate and teaches its state. Folders are made one by one inside those that are there:
 * where the filesystem has gone from its mount point, nothing is written to what lies beneath.
 */
export class Volume {
  readonly disk: DiskSettings;
  /** Room promised to transfers that have not ended. */
  reservedBytes = 0;
  readonly guard: DiskGuard;
  readonly #medium: Medium;
  readonly #options: VolumeOptions;
  #fullUntil: EpochMs = epochMs(0);
  #free: { readonly sizeBytes: Promise<Bytes>; readonly until: EpochMs } | undefined;

  constructor(options: VolumeOptions) {
    const { disk, files, clock, limits = GATE_LIMITS[disk.tier] } = options;
    this.disk = disk;
    this.#options = options;
    this.guard = new DiskGuard({
      diskId: disk.diskId,
      files,
      clock,
      limits,
      onChange: (condition, before) => {
        if (condition.state === 'failed' && before.state !== 'failed')
          options.onFailure(condition.reason ?? '');
        options.onChange?.(condition);
      },
    });
    this.#medium = new Medium({
      disk,
      guard: this.guard,
      requiresMountPoint: options.requiresMountPoint ?? false,
      folders: FOLDERS,
      onReturned: () => options.onReturned?.(),
      onReplaced: () => options.onReplaced?.(),
    });
  }

  /** Healthy, or what is wrong and since when. */
  get state(): DiskCondition {
    return this.guard.status.condition;
  }
  /** Assets may be read from it. While it hangs, reads are refused with `disk-busy`. */
  get isReadable(): boolean {
    return this.guard.isReadable;
  }
  /** Something new may be placed on it. */
  get isWritable(): boolean {
    return this.guard.isPlaceable;
  }
  /** Why the disk is out of use; undefined while it is not. */
  get failure(): string | undefined {
    return this.guard.status.failed;
  }
  get load(): DiskLoad {
    return this.guard.load;
  }
  /** The filesystem had no room a moment ago, whatever its declared capacity. */
  get isFull(): boolean {
    return this.#options.clock.now() < this.#fullUntil;
  }

  fail(reason: string): void {
    if (this.failure === undefined) this.guard.learn({ kind: 'withdrawn', reason });
  }

  /** Takes the disk into use. `isKnown`: it was before, so its marker must be there. Never rejects. */
  mount(isKnown: boolean): Promise<void> {
    return this.#medium.mount(isKnown);
  }
  /** Looks whether the medium is in its place. Never rejects. */
  look(): Promise<void> {
    return this.#medium.look();
  }
  /** Takes the blank medium that is mounted in its place into use. @throws CdnError `request-invalid` when there is none. */
  replace(): Promise<void> {
    return this.#medium.replace();
  }
  /**
   * Takes its own medium into use again, whatever was learnt of it. @throws CdnError `request-invalid` when it is not in its
   * place; `disk-read-only`, `disk-failed`, `disk-busy` when it still cannot be written.
   */
  reinstate(): Promise<void> {
    return this.#medium.reinstate();
  }
  /** A replaced disk holds again what it should. */
  noteFilled(): void {
    this.guard.learn({ kind: 'filled' });
  }

  openAsset(assetId: AssetId): Promise<OpenFile> {
    return this.run((files) => files.open(this.assetPath(assetId)));
  }
  assetPath(assetId: AssetId): string {
    return assetPath(this.disk.path, assetId);
  }
  async statAsset(assetId: AssetId): Promise<number | undefined> {
    return (await this.run((files) => files.stat(this.assetPath(assetId))))?.sizeBytes;
  }
  readSidecar(assetId: AssetId): Promise<string | undefined> {
    return this.run((files) => files.readText(sidecarPath(this.assetPath(assetId))));
  }
  writeSidecar(assetId: AssetId, sidecar: string): Promise<void> {
    const place = this.assetPath(assetId);
    return this.run(async (files) => {
      await writeSidecarOf(files, place, sidecar);
      await files.syncFolder(dirname(place));
    });
  }
  /** The folders in which assets lie, by name. */
  listShards(): Promise<string[]> {
    return this.run((files) => files.list(objectsPath(this.disk.path)));
  }
  /** Whatever lies in one of them: assets, sidecars, and what a crash left. */
  listShard(shard: string): Promise<string[]> {
    return this.run((files) => files.list(join(objectsPath(this.disk.path), shard)));
  }
  /** Sidecars and sizes of many assets; undefined where there is none. */
  async readAssets(assetIds: readonly AssetId[]): Promise<FoundAsset[]> {
    const places = assetIds.map(assetPlace);
    const names = { texts: places.map(sidecarPath), sizes: places };
    const folder = objectsPath(this.disk.path);
    const { texts, sizes } = await this.run((files) => files.readBatch(folder, names));
    return assetIds.map((assetId, index) => ({
      assetId,
      sidecar: texts[index],
      sizeBytes: sizes[index],
    }));
  }
  /** Removes what is no asset and no asset's sidecar. */
  removeStray(shard: string, name: string): Promise<void> {
    return this.run((files) => files.remove(join(this.disk.path, 'objects', shard, name)));
  }
  /**
   * Gives a written, synced and verified partial its place, with its sidecar there before it. Its modification time becomes
   * what a web server makes its entity tag of.
   */
  publish(partial: string, assetId: AssetId, sidecar: string): Promise<void> {
    return this.run(async (files) => {
      await files.setModifiedAt(partial, assetStampSeconds(assetId));
      await publishAt(files, this.assetPath(assetId), { partial, sidecar });
    });
  }
  /** The sidecar first: an asset without one is no asset at the next start. */
  async removeAsset(assetId: AssetId, isDurable = false): Promise<void> {
    const place = this.assetPath(assetId);
    await this.run(async (files) => {
      await removeAt(files, place);
      if (isDurable) await files.syncFolder(dirname(place));
    });
    // Who asks next shall see the room that this made.
    this.#free = undefined;
  }

  async createPartial(): Promise<{ path: string; file: OpenFile }> {
    const path = join(this.disk.path, 'tmp', `${randomUUID()}.part`);
    return { path, file: await this.run((files) => files.create(path)) };
  }
  removePartial(path: string): Promise<void> {
    return this.run((files) => files.remove(path));
  }

  /** Keeps the bytes of an asset that is held no longer. Whoever reads it reads on. */
  retireAsset(assetId: AssetId): Promise<void> {
    return this.run(async (files) => {
      await files.rename(this.assetPath(assetId), retiredPath(this.disk.path, assetId));
      await files.remove(sidecarPath(this.assetPath(assetId)));
    });
  }
  openRetired(assetId: AssetId): Promise<OpenFile> {
    return this.run((files) => files.open(retiredPath(this.disk.path, assetId)));
  }
  async statRetired(assetId: AssetId): Promise<number | undefined> {
    const path = retiredPath(this.disk.path, assetId);
    return (await this.run((files) => files.stat(path)))?.sizeBytes;
  }
  async listRetired(): Promise<AssetId[]> {
    return (await this.run((files) => files.list(join(this.disk.path, 'retired')))).filter(
      isAssetId,
    );
  }
  removeRetired(assetId: AssetId): Promise<void> {
    return this.run((files) => files.remove(retiredPath(this.disk.path, assetId)));
  }

  /** Gives a written and synced partial its place as a parity file, with its sidecar there before it. */
  publishParity(partial: string, name: ParityName, sidecar: string): Promise<void> {
    const place = parityPath(this.disk.path, name);
    return this.run((files) => publishAt(files, place, { partial, sidecar }));
  }
  openParity(name: ParityName): Promise<OpenFile> {
    return this.run((files) => files.open(parityPath(this.disk.path, name)));
  }
  async statParity(name: ParityName): Promise<number | undefined> {
    return (await this.run((files) => files.stat(parityPath(this.disk.path, name))))?.sizeBytes;
  }
  readParitySidecar(name: ParityName): Promise<string | undefined> {
    return this.run((files) => files.readText(sidecarPath(parityPath(this.disk.path, name))));
  }
  removeParity(name: ParityName): Promise<void> {
    return this.run((files) => removeAt(files, parityPath(this.disk.path, name)));
  }
  /** Names of the files at parity files' places; what else lies there is removed. */
  listParity(): Promise<ParityName[]> {
    const root = join(this.disk.path, 'parity');
    return this.run((files) => listPlaces(files, root, isParityName));
  }

  /** What its filesystem has left, as of a second ago at most. */
  freeBytes(): Promise<Bytes> {
    const now = this.#options.clock.now();
    if (!this.#free || now >= this.#free.until) {
      const sizeBytes = this.run((files) => files.freeBytes(this.disk.path)).then(bytes);
      sizeBytes.catch(() => {
        this.#free = undefined;
      });
      this.#free = { sizeBytes, until: after(now, FREE_KNOWN_FOR) };
    }
    return this.#free.sizeBytes;
  }

  /**
   * Runs file operations on this disk. @throws CdnError `disk-failed`, `disk-read-only`, `disk-busy`, `disk-full`; what
   * does not speak of the disk is passed on.
   */
  async run<T>(operate: (files: FileSystem) => Promise<T>): Promise<T> {
    const { diskId } = this.disk;
    try {
      return await operate(this.guard.files);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOSPC' || errno === 'EDQUOT') {
        this.#fullUntil = after(this.#options.clock.now(), FULL_FOR);
        throw new CdnError('disk-full', `disk ${diskId} is full`, { cause: error });
      }
      if (errno === 'ENOENT' || errno === 'ENOTDIR') await this.look();
      if (errno === undefined || this.failure === undefined) throw error;
      throw new CdnError('disk-failed', `disk ${diskId}: ${this.failure}`, { cause: error });
    }
  }
}

/** Source: research "appliance", section 3.2. */
const FULL_FOR = seconds(60);
const FREE_KNOWN_FOR = seconds(1);
