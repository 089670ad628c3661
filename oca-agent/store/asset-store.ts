import { CdnError } from '#domain/errors.ts';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import type { Random } from '#domain/random.ts';
import type { Bytes } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import { yieldToOthers } from '../slices.ts';
import type { AssetName, HeldAsset, NamedAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import type { AssetReader } from './asset-reader.ts';
import { AssetReaders } from './asset-readers.ts';
import type { AssetWriter } from './asset-writer.ts';
import { Holdings, type HoldingsParts } from './holdings.ts';
import { type BeginOptions, Intake, type RemovalReason, type RemovalVerdict } from './intake.ts';
import type { NameWatcher } from './name-watcher.ts';
import type { Protection } from './protection.ts';
import { type ReconcileProgress, Reconciliation } from './reconcile.ts';
import { type RelocateOptions, type RelocationVerdict, relocate } from './relocate.ts';
import type { Rooms } from './room.ts';
import type { Volume } from './volume.ts';

const JUDGED_AT_A_TIME = 256;

interface StoreParts extends HoldingsParts {
  readonly rooms: Rooms;
  readonly random: Random;
}

/** Every asset that this OCA holds, on all its disks. What it gives out has been verified. */
export class AssetStore {
  readonly index: AssetIndex;
  readonly protection: Protection;
  readonly rooms: Rooms;
  /** Called when a disk has failed: what parity cannot tell of it is held no longer. */
  onDiskFailure: (() => void) | undefined;
  /** Called when a disk that works did not give a part of an asset out. */
  onUnreadable: ((asset: HeldAsset) => void) | undefined;
  /** Resolves when index and disks agree for the first time. */
  reconciled: Promise<void> = Promise.resolve();
  readonly #parts: StoreParts;
  readonly #holdings: Holdings;
  readonly #readers: AssetReaders;
  readonly #intake: Intake;
  readonly #reconciliation: Reconciliation;
  readonly #endings = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(parts: StoreParts) {
    this.index = parts.index;
    this.protection = parts.protection;
    this.rooms = parts.rooms;
    this.#parts = parts;
    const holdings = new Holdings(parts);
    this.#holdings = holdings;
    this.#reconciliation = new Reconciliation({
      ...parts,
      inTurn: (assetId, work) => holdings.files.inTurn(assetId, work),
      isThere: (asset) => holdings.isThere(asset),
      onVanished: (asset) => holdings.forgetVanished(asset),
      onAdopted: (asset, before) => holdings.noteFound(asset, before),
      onNameless: async (assetId) => void (await holdings.remove(assetId, 'invalidation')),
    });
    this.#readers = new AssetReaders({
      ...parts,
      onLost: (asset) => holdings.lose(asset),
      onUnreadable: (asset) => {
        holdings.noteUnreadable(asset);
        this.onUnreadable?.(asset);
      },
    });
    this.#intake = new Intake({
      ...parts,
      remove: (assetId, reason) => holdings.remove(assetId, reason),
    });
  }

  get volumes(): Iterable<Volume> {
    return this.#parts.volumes.values();
  }
  volume(diskId: DiskId): Volume | undefined {
    return this.#parts.volumes.get(diskId);
  }
  /** Follows which names lie where. */
  set nameWatcher(watcher: NameWatcher | undefined) {
    this.#holdings.nameWatcher = watcher;
  }

  /** By reason, since the start. */
  get removedAssets(): Readonly<Record<RemovalReason, number>> {
    return this.#holdings.removedAssets;
  }

  find(titleId: TitleId, file: string): NamedAsset | undefined {
    return this.index.find(titleId, file);
  }

  /**
   * Opens an asset that was found. Where its disk does not give it out, or stops to, its bytes are told from parity.
   * Undefined when neither can be; a file that is gone or was cut off is then no longer held.
   */
  openReader(asset: HeldAsset): Promise<AssetReader | undefined> {
    return this.#readers.open(asset);
  }

  /**
   * An asset was asked for, and `sentBytes` of it were sent. Players ask for parts: a part counts as a use as often as it is
   * of the whole, by chance, so that uses are plays, however many requests they take.
   */
  noteUse(asset: HeldAsset, sentBytes: number = asset.sizeBytes): void {
    const { clock, random, eviction } = this.#parts;
    // It may have moved, or left, while it was sent.
    const held = this.index.asset(asset.assetId);
    if (!held) return;
    const isUse = sentBytes >= asset.sizeBytes || random.next() < sentBytes / asset.sizeBytes;
    this.index.touch(held.slot, clock.now(), isUse);
    if (isUse) eviction.noteUse(held);
  }

  /** Begins to take in an asset on one of `tiers`, the first with room; undefined when none has any or can make some. */
  async begin(options: BeginOptions): Promise<AssetWriter | undefined> {
    this.#refuseWhenClosed();
    return this.#intake.begin(options);
  }

  /**
   * Makes a verified transfer an asset under its names: durable first, visible then. Bytes that are held already stay
   * where they are, as long as they can be read there.
   */
  publish(writer: AssetWriter, assetId: AssetId, names: readonly AssetName[]): Promise<HeldAsset> {
    return this.#end(writer, () => this.#holdings.publish(writer, assetId, names));
  }

  /** Ends a transfer and gives its room back. What was not published is gone. */
  async abandon(writer: AssetWriter): Promise<void> {
    writer.giveRoomBack();
    await writer.finish();
    await writer.volume.removePartial(writer.path).catch(() => undefined);
  }

  /** Lets names mean a held asset. An asset that loses its last name by this is invalid, and removed. */
  bind(assetId: AssetId, names: readonly AssetName[]): Promise<void> {
    return this.#holdings.bind(assetId, names);
  }
  /** Takes names away. An asset that loses its last name by this is invalid, and removed. */
  unname(names: readonly Pick<AssetName, 'titleId' | 'file'>[]): Promise<void> {
    return this.#holdings.unname(names);
  }
  /** Lets names be confirmed by an upstream before they are used again. */
  doubt(names: readonly Pick<AssetName, 'titleId' | 'file'>[]): Promise<void> {
    return this.#holdings.doubt(names);
  }
  /** Removes an asset, unless it is planned or being read where the reason is mere room. Who reads it reads on. */
  remove(assetId: AssetId, reason: RemovalReason): Promise<RemovalVerdict> {
    return this.#holdings.remove(assetId, reason);
  }
  /** Pins what the plan names and frees the rest; names that the plan gives to other bytes are held no longer. */
  setPlan(items: readonly FillPlanItem[]): Promise<void> {
    return this.#holdings.setPlan(items);
  }

  /** Moves an asset to another disk, or writes it anew where it is. Meanwhile it is nobody's victim. */
  async relocate(asset: HeldAsset, options: RelocateOptions): Promise<RelocationVerdict> {
    const { uses } = this.#parts;
    uses.retain(asset.assetId, asset.slot);
    try {
      return await relocate(this, asset, options);
    } finally {
      uses.release(asset.assetId);
    }
  }
  /** The last step of a relocation: a verified copy becomes the asset, and the bytes before it go. */
  replace(asset: HeldAsset, writer: AssetWriter): Promise<HeldAsset | undefined> {
    return this.#end(writer, () => this.#holdings.replace(asset, writer));
  }

  /** Evicts until a disk has room for `roomBytes` more. Returns what it freed; 0 when that cannot be, or need not. */
  evictTo(volume: Volume, roomBytes: number): Promise<number> {
    return this.#intake.evictTo(volume, roomBytes);
  }
  /** Removes the assets of a disk whose licence has ended. Returns what that freed. */
  evictEnded(volume: Volume): Promise<number> {
    return this.#intake.evictEnded(volume);
  }

  /** Base64 of the SHA-256 of each chunk of 1 MiB; undefined when the sidecar does not say, or cannot be read. */
  chunkHashesOf(asset: HeldAsset): Promise<readonly string[] | undefined> {
    return this.#holdings.files.chunkHashesOf(asset);
  }
  /** Notes the hashes of an asset that was written without. */
  addChunkHashes(asset: HeldAsset, chunkHashes: readonly string[]): Promise<void> {
    return this.#holdings.files.rewriteSidecar(asset.assetId, chunkHashes);
  }

  /** What may still be written to a disk without removing anything. */
  roomOf(volume: Volume): Promise<Bytes> {
    return this.rooms.freeBytes(volume);
  }

  /** Makes index and disks agree, all disks at a time, in the background of serving. Never rejects. */
  reconcileAll(): Promise<void> {
    this.reconciled = (async () => {
      await Promise.all([...this.volumes].map((volume) => this.reconcile(volume)));
      await this.forgetFailedDisks();
    })();
    return this.reconciled;
  }

  /** Makes the index say what a disk holds. Never rejects. */
  async reconcile(volume: Volume): Promise<void> {
    await this.#reconciliation.run(volume);
    this.protection.wake();
  }
  /** The same for a disk that has come back. */
  async welcome(volume: Volume): Promise<void> {
    this.#parts.eviction.forgetDisk(volume.disk.diskId);
    await this.reconcile(volume);
  }
  /** The disks that are being gone through; none when index and disks agree. */
  get reconciliation(): readonly ReconcileProgress[] {
    return this.#reconciliation.progress;
  }

  /** Forgets what failed disks, and those that are configured no longer, held and parity cannot tell. */
  async forgetFailedDisks(): Promise<void> {
    const { volumes } = this.#parts;
    const diskIds = new Set(this.index.table.places.map(({ diskId }) => diskId));
    const gone = [...diskIds].filter(
      (diskId) => volumes.get(diskId)?.failure !== undefined || !volumes.has(diskId),
    );
    for (const diskId of gone) await this.forgetDisk(diskId);
  }

  /** Forgets what a failed disk held and parity cannot tell, in slices. It ends when the disk has come back. */
  forgetDisk(diskId: DiskId): Promise<void> {
    const volume = this.volume(diskId);
    return this.#forgetAll(diskId, () => volume !== undefined && volume.failure === undefined);
  }
  /** The same for a disk whose medium was replaced by a blank one. */
  forgetReplaced(diskId: DiskId): Promise<void> {
    return this.#forgetAll(diskId, () => false);
  }

  async #forgetAll(diskId: DiskId, isBack: () => boolean): Promise<void> {
    let judged = 0;
    for (const asset of [...this.index.assetsOfDisk(diskId)]) {
      if (this.#isClosed || isBack()) return;
      await this.#holdings.forgetIfLost(asset);
      judged += 1;
      if (judged % JUDGED_AT_A_TIME === 0) await yieldToOthers();
    }
    this.protection.wake();
    this.onDiskFailure?.();
  }

  /** Waits for what is on its way to the disks. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reconciliation.stop();
    await this.reconciled;
    await this.protection.close();
    while (this.#endings.size > 0) await Promise.all(this.#endings);
    await this.#holdings.files.idle();
    await this.index.close();
  }

  /** The end of a transfer, which {@link close} waits for. */
  #end<T>(writer: AssetWriter, work: () => Promise<T>): Promise<T> {
    const ended = (async () => {
      try {
        this.#refuseWhenClosed();
        return await work();
      } finally {
        await this.abandon(writer);
      }
    })();
    const settled = ended.catch(() => undefined);
    this.#endings.add(settled);
    void settled.then(() => this.#endings.delete(settled));
    return ended;
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new CdnError('draining', 'the store is closed');
  }
}
