import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '#domain/clock.ts';
import { CdnError } from '#domain/errors.ts';
import { type AssetId, type DiskId, isAssetId } from '#domain/ids.ts';
import { after, type Bytes, type EpochMs, epochMs, seconds } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import { errnoOf, type FileSystem, type OpenFile, replaceText } from '../platform/file-system.ts';

export interface DiskSettings {
  readonly diskId: DiskId;
  readonly tier: Tier;
  readonly path: string;
  readonly capacityBytes: Bytes;
}

/**
 * One disk: one filesystem with whole assets as plain files on it.
 *
 *     <path>/.oca-disk               which disk this is, so that an empty mount point is never taken for it
 *     <path>/objects/ab/<sha256>     a verified asset
 *     <path>/objects/ab/<sha256>.json   its names, so that the index can be told anew
 *     <path>/tmp/<uuid>.part         an asset on its way in
 *
 * The first failure that speaks of the medium takes the disk out of use for good: after a failed write its filesystem
 * may have thrown away what we believe to be written. Source: research "appliance", sections 3.1 and 3.3.
 */
export class Volume {
  readonly disk: DiskSettings;
  /** Room promised to transfers that have not ended. */
  reservedBytes = 0;
  #failure: string | undefined;
  #fullUntil: EpochMs = epochMs(0);
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #onFailure: (reason: string) => void;

  constructor(options: {
    readonly disk: DiskSettings;
    readonly files: FileSystem;
    readonly clock: Clock;
    readonly onFailure: (reason: string) => void;
  }) {
    this.disk = options.disk;
    this.#files = options.files;
    this.#clock = options.clock;
    this.#onFailure = options.onFailure;
  }

  /** The filesystem had no room a moment ago, whatever its declared capacity. */
  get isFull(): boolean {
    return this.#clock.now() < this.#fullUntil;
  }

  /** Why the disk is out of use; undefined while it is healthy. */
  get failure(): string | undefined {
    return this.#failure;
  }

  fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#onFailure(reason);
  }

  /** Finds or makes the marker and the folders. `isKnown`: this disk was in use before, so its marker must be there. */
  async mount(isKnown: boolean): Promise<void> {
    try {
      const status = await this.#files.stat(this.disk.path);
      if (status?.kind !== 'folder') return this.fail('the folder is missing');
      const marker = await this.#files.readText(this.#marker);
      if (marker === undefined && isKnown) return this.fail('the marker is missing: not mounted?');
      if (marker === undefined) await this.#writeMarker();
      else if (diskIdOf(marker) !== this.disk.diskId)
        return this.fail('the marker is that of another disk');
      await this.#files.makeFolder(join(this.disk.path, 'objects'));
      await this.#files.makeFolder(join(this.disk.path, 'tmp'));
      const partials = await this.#files.list(join(this.disk.path, 'tmp'));
      for (const name of partials) await this.#files.remove(join(this.disk.path, 'tmp', name));
    } catch (error) {
      this.fail(`cannot be used: ${errnoOf(error) ?? 'unknown'}`);
    }
  }

  openAsset(assetId: AssetId): Promise<OpenFile> {
    return this.run((files) => files.open(this.#object(assetId)));
  }

  async createPartial(): Promise<{ path: string; file: OpenFile }> {
    const path = join(this.disk.path, 'tmp', `${randomUUID()}.part`);
    return { path, file: await this.run((files) => files.create(path)) };
  }

  removePartial(path: string): Promise<void> {
    return this.run((files) => files.remove(path));
  }

  /** Gives a written, synced and verified partial its place, with its sidecar there before it. */
  async publish(path: string, assetId: AssetId, sidecar: string): Promise<void> {
    await this.writeSidecar(assetId, sidecar);
    await this.run(async (files) => {
      await files.rename(path, this.#object(assetId));
      await files.syncFolder(this.#shard(assetId));
    });
  }

  writeSidecar(assetId: AssetId, sidecar: string): Promise<void> {
    return this.run(async (files) => {
      const shard = this.#shard(assetId);
      if (!(await files.stat(shard))) {
        await files.makeFolder(shard);
        await files.syncFolder(join(this.disk.path, 'objects'));
      }
      await replaceText(files, `${this.#object(assetId)}.json`, sidecar);
    });
  }

  /** The sidecar first: an asset without one is no asset at the next start. */
  removeAsset(assetId: AssetId): Promise<void> {
    return this.run(async (files) => {
      await files.remove(`${this.#object(assetId)}.json`);
      await files.remove(this.#object(assetId));
    });
  }

  async statAsset(assetId: AssetId): Promise<number | undefined> {
    return (await this.run((files) => files.stat(this.#object(assetId))))?.sizeBytes;
  }

  readSidecar(assetId: AssetId): Promise<string | undefined> {
    return this.run((files) => files.readText(`${this.#object(assetId)}.json`));
  }

  /** Ids of the files at assets' places; what else lies there is removed. */
  async listAssets(): Promise<Set<AssetId>> {
    const objects = join(this.disk.path, 'objects');
    const assetIds = new Set<AssetId>();
    for (const shard of await this.run((files) => files.list(objects))) {
      const names = await this.run((files) => files.list(join(objects, shard)));
      for (const name of names) if (isAssetId(name)) assetIds.add(name);
      for (const name of names) {
        const [stem = '', ...ending] = name.split('.');
        const isSidecar = ending.join('.') === 'json' && assetIds.has(stem as AssetId);
        if (!isAssetId(name) && !isSidecar)
          await this.run((files) => files.remove(join(objects, shard, name)));
      }
    }
    return assetIds;
  }

  /**
   * Runs file operations on this disk. @throws CdnError `disk-failed`, `disk-full`; what does not speak of the disk is
   * passed on.
   */
  async run<T>(operate: (files: FileSystem) => Promise<T>): Promise<T> {
    if (this.#failure !== undefined)
      throw new CdnError('disk-failed', `disk ${this.disk.diskId}: ${this.#failure}`);
    try {
      return await operate(this.#files);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOSPC' || errno === 'EDQUOT') {
        this.#fullUntil = after(this.#clock.now(), FULL_FOR);
        throw new CdnError('disk-full', `disk ${this.disk.diskId} is full`, { cause: error });
      }
      const reason = await this.#failureOf(errno);
      if (reason === undefined) throw error;
      this.fail(reason);
      throw new CdnError('disk-failed', `disk ${this.disk.diskId}: ${reason}`, { cause: error });
    }
  }

  async #failureOf(errno: string | undefined): Promise<string | undefined> {
    if (errno !== undefined && MEDIUM_FAILURES.has(errno)) return errno;
    if (errno !== 'ENOENT') return undefined;
    const marker = await this.#files.readText(this.#marker).catch(() => undefined);
    return marker === undefined ? 'the marker is missing: unmounted?' : undefined;
  }

  async #writeMarker(): Promise<void> {
    const marker = { version: 1, diskId: this.disk.diskId };
    await replaceText(this.#files, this.#marker, `${JSON.stringify(marker)}\n`);
    await this.#files.syncFolder(this.disk.path);
  }

  get #marker(): string {
    return join(this.disk.path, '.oca-disk');
  }
  #shard(assetId: AssetId): string {
    return join(this.disk.path, 'objects', assetId.slice(0, 2));
  }
  #object(assetId: AssetId): string {
    return join(this.#shard(assetId), assetId);
  }
}

/** Source: research "appliance", section 3.2. */
const FULL_FOR = seconds(60);

/** Failures of the medium or of its filesystem, on Linux and FreeBSD. */
const MEDIUM_FAILURES = new Set([
  'EIO',
  'EROFS',
  'ENXIO',
  'ENODEV',
  'ESTALE',
  'EUCLEAN',
  'ENOTCONN',
]);

function diskIdOf(marker: string): unknown {
  try {
    return JSON.parse(marker).diskId;
  } catch {
    return undefined;
  }
}
