import type { Clock } from '#domain/clock.ts';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { dataShareOf } from '#domain/topology/watermarks.ts';
import { type Bytes, bytes, milliseconds, seconds } from '#domain/units.ts';
import type { ParityDeclaration } from '#protocol/oca-registration.ts';
import type { ParityReport } from '#protocol/oca-report.ts';
import type { Log } from '../log.ts';
import type { Platform } from '../platform/platform.ts';
import { Slices } from '../slices.ts';
import type { HeldAsset } from '../store/asset.ts';
import type { AssetIndex } from '../store/asset-index.ts';
import type { AssetReader } from '../store/asset-reader.ts';
import type { Protection } from '../store/protection.ts';
import type { Volume } from '../store/volume.ts';
import type { Pace } from '../upkeep/upkeep-pace.ts';
import { type GroupCatalogue, openCatalogue, openCatalogueAnew } from './groups/group-catalogue.ts';
import { loadCatalogue } from './groups/load-groups.ts';
import { ParityGroups, type StaleRetired } from './groups/parity-groups.ts';
import { ChunkTeller } from './reading/chunk-teller.ts';
import { lostReader, tellChunk } from './reading/lost-reader.ts';
import { RecordReader } from './reading/record-reader.ts';
import { Workbenches } from './reading/workbench.ts';
import {
  type ParityParts,
  RottenPieces,
  readableDisks,
  removeStale,
} from './tasks/parity-parts.ts';
import { reconcileGroups } from './tasks/reconcile-groups.ts';
import { type ParityRow, type RowVerdict, rowsOfDisk, verifyRow } from './tasks/verify-row.ts';

export type { ParityRow } from './tasks/verify-row.ts';

export interface ParityOptions {
  readonly platform: Pick<Platform, 'clock' | 'fileSystem' | 'openDatabase'>;
  readonly stateDirectory: string;
  readonly parity: ParityDeclaration;
  readonly index: AssetIndex;
  readonly volumes: ReadonlyMap<DiskId, Volume>;
  readonly log: Log;
}

/** Assets that are looked at for one without a group before others get their turn. */
const SLICE = 5000;
/** After a start that failed, the first time and at most. */
const RETRY_AFTER = seconds(1);
const RETRY_AFTER_MAX = seconds(300);

/** What parity knows and does for the store: {@link Protection}, and what scrub and the health report ask for. */
export class ParityKeeper implements Protection {
  readonly shape: ParityDeclaration;
  readonly dataShare: number;
  /** Called when assets that were held turn out to be lost: they have left the index, and may be filled again. */
  onLost: (() => void) | undefined;
  readonly clock: Clock;
  /** Why the groups could not be read at the last try; undefined when they were. */
  failure: unknown;
  /** Resolves when the groups are known and agree with the disks, or never will. */
  readonly loaded: Promise<void>;
  readonly #options: ParityOptions;
  readonly #groups: ParityGroups;
  readonly #teller: ChunkTeller;
  readonly #reading: Omit<ParityParts, 'catalogue'>;
  readonly #known = Promise.withResolvers<void>();
  readonly #loaded = Promise.withResolvers<void>();
  readonly #closings: (() => Promise<void>)[] = [];
  /** Lost before it was known whether a group has them. */
  #lostEarly: HeldAsset[] = [];
  /** The disks that could be read at the last look. */
  #readable: ReadonlySet<DiskId> = new Set();
  #retiredEarly: StaleRetired[] = [];
  #parts: ParityParts | undefined;
  #isLoaded = false;
  readonly #closing = new AbortController();

  constructor(options: ParityOptions) {
    const { index, volumes, log } = options;
    this.#options = options;
    this.shape = options.parity;
    this.clock = options.platform.clock;
    this.dataShare = dataShareOf(options.parity);
    this.loaded = this.#loaded.promise;
    const groups = new ParityGroups(index, (diskId) => volumes.get(diskId)?.disk.tier);
    const records = new RecordReader(groups, volumes);
    const benches = new Workbenches();
    const rot = new RottenPieces();
    const teller = new ChunkTeller({
      ...{ groups, volumes, records, benches },
      noteRot: (groupId, piece) => rot.note(groupId, piece),
    });
    this.#groups = groups;
    this.#teller = teller;
    this.#reading = {
      index,
      volumes,
      groups,
      records,
      teller,
      benches,
      rot,
      returned: new Set(),
      log,
    };
  }

  /** Aborts when the work is to end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }
  /** What the tasks work with; undefined until the groups agree with the disks, and after the end. */
  get parts(): ParityParts | undefined {
    return this.#isLoaded && !this.closing.aborted ? this.#parts : undefined;
  }

  /**
   * Reads the groups, in the background of everything else. @param reconciled when index and disks agree: only then is
   * anything removed from the disks. What fails is tried again until the end. Never rejects.
   */
  async load(reconciled: Promise<void>): Promise<void> {
    for (let tries = 0; !this.#isLoaded && !this.closing.aborted; tries += 1) {
      if (tries > 0) await this.#rest(tries);
      try {
        this.#parts ??= { ...this.#reading, catalogue: await this.#loadCatalogue() };
        this.#known.resolve();
        await reconciled;
        await this.#agree(this.#parts);
        this.failure = undefined;
      } catch (error) {
        this.failure = error;
        if (!this.closing.aborted)
          this.#options.log('parity.load.failed', { message: String(error) });
      } finally {
        this.#known.resolve();
      }
    }
    this.#loaded.resolve();
  }

  overheadBytes(diskId: DiskId): Bytes {
    return bytes(Math.max(0, this.#groups.parityBytesOn(diskId)) + this.retiredBytes(diskId));
  }
  retiredBytes(diskId: DiskId): Bytes {
    return bytes(Math.max(0, this.#groups.retiredBytesOn(diskId)));
  }

  isRecoverable(assetId: AssetId): boolean {
    const place = this.#groups.placeOf(assetId);
    if (!place) return !this.#isLoaded;
    const { table } = this.#groups;
    const missing = table.missingAt(place.group, readableDisks(this.#options.volumes));
    return missing <= table.shapeAt(place.group).parityFiles;
  }

  async openLost(asset: HeldAsset): Promise<AssetReader | undefined> {
    await this.#known.promise;
    if (!this.#groups.placeOf(asset.assetId) || !this.isRecoverable(asset.assetId))
      return undefined;
    return lostReader({ groups: this.#groups, teller: this.#teller }, asset);
  }

  /** Chunk `index` (1 MiB each) of an asset as its group tells it, verified; undefined when the group cannot. */
  async reconstructChunk(asset: HeldAsset, index: number): Promise<Uint8Array | undefined> {
    await this.#known.promise;
    const from = { groups: this.#groups, teller: this.#teller };
    return tellChunk(from, asset, index).catch(() => undefined);
  }

  /** The disks that have other pieces of an asset's group. */
  disksBeside(assetId: AssetId): Set<DiskId> {
    return this.#groups.disksBeside(assetId);
  }

  noteHeld(asset: HeldAsset): void {
    const place = this.#groups.table.pieceOf(asset.slot);
    // The slot was another asset's, which has left the index a moment ago and is yet to be released.
    const owner = place && this.#ownerAt(place.group, place.piece);
    if (place && owner !== undefined && owner !== asset.assetId)
      this.#groups.noteGone({ ...asset, ...this.#lastPlace(place), assetId: owner });
    this.#discard(this.#groups.noteHeld(asset));
  }

  noteLost(asset: HeldAsset): boolean {
    const place = this.#groups.placeOf(asset.assetId);
    if (!place && !this.#isLoaded) this.#lostEarly.push(asset);
    if (!place) return !this.#isLoaded;
    this.#groups.noteLost(place.group, place.column);
    return this.isRecoverable(asset.assetId);
  }

  release(asset: HeldAsset): boolean {
    const { assetId, diskId } = asset;
    if (this.#options.index.asset(assetId)) return false;
    const departed = this.#groups.placeOf(assetId);
    if (departed)
      return (
        this.#groups.isRetired(assetId) &&
        this.#groups.table.diskAt(departed.group, departed.column) === diskId
      );
    const place = this.#groups.table.pieceOf(asset.slot);
    if (!place || this.#ownerAt(place.group, place.piece) !== assetId)
      return this.#keepEarly({ assetId, diskId });
    return this.#groups.noteGone(asset);
  }

  /** The disk is blank now: whatever of ours was on it is lost. Its assets stay held where parity can tell them. */
  noteReplaced(diskId: DiskId): void {
    this.#groups.loseDisk(diskId);
  }

  wake(): void {
    const readable = readableDisks(this.#options.volumes);
    for (const diskId of readable)
      if (this.#isLoaded && !this.#readable.has(diskId)) this.#reading.returned.add(diskId);
    this.#readable = readable;
    this.#groups.revision += 1;
  }

  /** What was lost before the groups were known, once. */
  takeLostEarly(): HeldAsset[] {
    const lost = this.#lostEarly;
    this.#lostEarly = [];
    return lost;
  }

  /** @param close ends the work of a task. */
  addClosing(close: () => Promise<void>): void {
    this.#closings.push(close);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const close of this.#closings) await close();
    await this.#loaded.promise;
    this.#parts?.catalogue.close();
    this.#parts = undefined;
  }

  /** The parity files on a disk. */
  rowsOfDisk(diskId: DiskId): Iterable<ParityRow> {
    return rowsOfDisk(this.#groups, diskId);
  }
  /** Reads a parity file and compares its chunks with their hashes. One that is rotten is repaired in the background. */
  async verifyRow(row: ParityRow, pace: Pace, signal: AbortSignal): Promise<RowVerdict> {
    return this.parts ? verifyRow(this.parts, row, { pace, signal }) : 'gone';
  }

  report(): ParityReport {
    const { volumes, index } = this.#options;
    const { held, unread } = this.#groups.table.countAssets(readableDisks(volumes));
    const hdd = [...volumes.values()].filter(({ disk }) => disk.tier === 'hdd');
    const count = (of: (diskId: DiskId) => number) =>
      hdd.reduce((total, { disk }) => total + of(disk.diskId), 0);
    return {
      ...this.shape,
      protectedAssets: held,
      unprotectedAssets: Math.max(0, count((id) => index.usageOfDisk(id).assetCount) - held),
      reconstructedAssets: unread,
      parityBytes: bytes(
        Math.max(
          0,
          count((id) => this.#groups.parityBytesOn(id)),
        ),
      ),
    };
  }

  /** A catalogue that turns out to be damaged half-way is begun anew: the disks tell all of it again. */
  async #loadCatalogue(): Promise<GroupCatalogue> {
    const catalogue = await openCatalogue(this.#options);
    try {
      await loadCatalogue(this.#groups, catalogue);
      return catalogue;
    } catch {
      catalogue.close();
      for (const group of [...this.#groups.table.numbers()]) this.#groups.remove(group);
      return openCatalogueAnew(this.#options);
    }
  }

  /** Makes groups, index and disks agree. */
  async #agree(parts: ParityParts): Promise<void> {
    this.closing.throwIfAborted();
    const readable = readableDisks(this.#options.volumes);
    await reconcileGroups(parts, { clock: this.clock, signal: this.closing });
    await this.#findLoose();
    this.#readable = readable;
    this.#isLoaded = true;
    this.wake();
    await removeStale(this.#reading, this.#retiredEarly.splice(0));
  }

  /** Twice as long each time, and no longer than five minutes. */
  #rest(tries: number): Promise<void> {
    const restMs = Math.min(RETRY_AFTER_MAX, RETRY_AFTER * 2 ** (tries - 1));
    return this.clock.sleep(milliseconds(restMs), this.closing);
  }

  async #findLoose(): Promise<void> {
    const slices = new Slices(SLICE, this.closing);
    for (const { slot, tier } of this.#options.index.assets()) {
      if (tier === 'hdd' && !this.#groups.table.pieceOf(slot)) this.#groups.loose.add(slot);
      await slices.next();
    }
    this.#groups.revision += 1;
  }

  /** Nobody knows yet whether a group stands on it: it is retired until that is known. */
  #keepEarly(asset: StaleRetired): boolean {
    if (!this.#isLoaded) this.#retiredEarly.push(asset);
    return !this.#isLoaded;
  }

  #ownerAt(group: number, column: number): AssetId | undefined {
    return this.#parts?.catalogue.memberOf(this.#groups.table.groupIdAt(group), column)?.assetId;
  }
  #lastPlace({ group, piece }: { readonly group: number; readonly piece: number }) {
    const groupId = this.#groups.table.groupIdAt(group);
    const sizeBytes = this.#parts?.catalogue.memberOf(groupId, piece)?.sizeBytes ?? bytes(0);
    const diskId = this.#groups.table.diskAt(group, piece) as DiskId;
    return { sizeBytes, diskId };
  }

  #discard(stale: readonly StaleRetired[]): void {
    if (stale.length > 0) void removeStale(this.#reading, stale);
  }
}
