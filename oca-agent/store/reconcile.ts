import type { Clock } from '#domain/clock.ts';
import { type AssetId, type DiskId, isAssetId } from '#domain/ids.ts';
import { failureFacts, type Log } from '../log.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import { isNewerSidecar, parseSidecar } from './sidecar.ts';
import { SlotMarks } from './table/slot-marks.ts';
import type { FoundAsset, Volume } from './volume.ts';

export interface ReconcileOptions {
  readonly index: AssetIndex;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Runs work on the files of one asset when nobody else works on them. The store is open already: between a listing and
   * what follows from it an asset may have been published or removed, and a sidecar lies there before its bytes do.
   */
  readonly inTurn: <T>(assetId: AssetId, work: () => Promise<T>) => Promise<T>;
  /** A held asset lies whole where the index says. */
  readonly isThere: (asset: HeldAsset) => Promise<boolean>;
  /** The index knows it, the disk does not have it. True: it is held no longer. */
  readonly onVanished: (asset: HeldAsset) => Promise<boolean>;
  /** The disk has it, and the index knows it now. `before`: where the index had it. */
  readonly onAdopted: (asset: HeldAsset, before?: HeldAsset) => Promise<void>;
  /** Its last name was given to another. */
  readonly onNameless: (assetId: AssetId) => Promise<void>;
}

/** How far one disk has been gone through. */
export interface ReconcileProgress {
  readonly diskId: DiskId;
  readonly shardsDone: number;
  readonly shardsTotal: number;
  readonly vanished: number;
  readonly adopted: number;
  readonly discarded: number;
}

/** So many names or slots are looked at before others get their turn: about two milliseconds. */
const LOOKED_AT_A_TIME = 4096;
/** Sidecars that are read at a time: on an hdd a second's work. Assumption. */
const READ_AT_A_TIME = 128;

/**
 * Makes the index say what the disks hold: what vanished is forgotten, what is unknown is taken back in. In the background
 * of serving, all disks at a time, in slices.
 */
export class Reconciliation {
  readonly #options: ReconcileOptions;
  readonly #underWay = new Map<DiskId, DiskReconciliation>();
  #isStopped = false;

  constructor(options: ReconcileOptions) {
    this.#options = options;
  }

  /** The disks that are being gone through. */
  get progress(): ReconcileProgress[] {
    return [...this.#underWay.values()].map(({ progress }) => progress);
  }

  /** Goes through one disk. Never rejects. */
  async run(volume: Volume): Promise<void> {
    const { diskId } = volume.disk;
    if (volume.failure !== undefined || this.#isStopped) return;
    const disk = new DiskReconciliation(volume, this.#options, () => this.#isStopped);
    this.#underWay.set(diskId, disk);
    try {
      const isWhole = await disk.run();
      const { shardsDone: _, shardsTotal: __, ...facts } = disk.progress;
      if (isWhole) this.#options.log('store.disk.reconciled', facts);
    } catch (error) {
      if (volume.failure === undefined)
        this.#options.log('store.disk.unreconciled', { diskId, ...failureFacts(error) });
    } finally {
      if (this.#underWay.get(diskId) === disk) this.#underWay.delete(diskId);
    }
  }

  /** Ends what is under way at its next step. */
  stop(): void {
    this.#isStopped = true;
  }
}

/** One way through one disk. */
class DiskReconciliation {
  readonly #volume: Volume;
  readonly #options: ReconcileOptions;
  readonly #isStopped: () => boolean;
  readonly #present: SlotMarks;
  /** On the disk, and not known to lie there. */
  #unknown: AssetId[] = [];
  readonly #counts = { vanished: 0, adopted: 0, discarded: 0 };
  #shardsDone = 0;
  #shardsTotal = 0;
  #lookedAt = 0;

  constructor(volume: Volume, options: ReconcileOptions, isStopped: () => boolean) {
    this.#volume = volume;
    this.#options = options;
    this.#isStopped = isStopped;
    this.#present = new SlotMarks(options.index.slotsEnd);
  }

  get progress(): ReconcileProgress {
    return {
      diskId: this.#volume.disk.diskId,
      shardsDone: this.#shardsDone,
      shardsTotal: this.#shardsTotal,
      ...this.#counts,
    };
  }

  /** False: it was stopped. */
  async run(): Promise<boolean> {
    const shards = (await this.#volume.listShards()).filter((name) => SHARD.test(name));
    this.#shardsTotal = shards.length;
    for (const shard of shards) {
      if (this.#isStopped()) return false;
      const names = await this.#orPassOver(this.#volume.listShard(shard));
      if (names) await this.#goThrough(shard, names);
      while (this.#unknown.length >= READ_AT_A_TIME) await this.#takeIn();
      this.#shardsDone += 1;
    }
    await this.#takeIn();
    await this.#forgetVanished();
    return !this.#isStopped();
  }

  async #goThrough(shard: string, names: readonly string[]): Promise<void> {
    const { index } = this.#options;
    const { diskId } = this.#volume.disk;
    const isAsset = (name: string): name is AssetId =>
      name.startsWith(shard) && !name.endsWith(SIDECAR) && isAssetId(name);
    const assets = new Set(names.filter(isAsset));
    for (const assetId of assets) {
      if (this.#isTurnOfOthers()) await turnOfOthers();
      const slot = index.slotOn(assetId, diskId);
      if (slot < 0) this.#unknown.push(assetId);
      else this.#present.add(slot);
    }
    for (const name of names)
      if (!assets.has(assetOfFile(name))) await this.#orPassOver(this.#removeStray(shard, name));
  }

  /** Takes in the first of what is unknown, or removes it. */
  async #takeIn(): Promise<void> {
    const batch = this.#unknown.splice(0, READ_AT_A_TIME);
    if (batch.length === 0 || this.#isStopped()) return;
    for (const found of await this.#read(batch)) await this.#orPassOver(this.#settle(found));
  }

  /** What cannot be read is left as it is. */
  async #read(assetIds: readonly AssetId[]): Promise<readonly FoundAsset[]> {
    const found = await this.#orPassOver(this.#volume.readAssets(assetIds));
    if (found) return found;
    const each: FoundAsset[] = [];
    for (const assetId of assetIds)
      each.push(...((await this.#orPassOver(this.#volume.readAssets([assetId]))) ?? []));
    return each;
  }

  /** One asset that makes trouble does not end the way through a disk that works. */
  #orPassOver<T>(work: Promise<T>): Promise<T | undefined> {
    return work.catch((error) => {
      if (this.#volume.failure !== undefined) throw error;
      return undefined;
    });
  }

  /** A file that the index does not know is taken back in, or removed. One that a newer version wrote is left as it is. */
  async #settle(found: FoundAsset): Promise<void> {
    const { index, inTurn, onNameless } = this.#options;
    if (this.#isTurnOfOthers()) await turnOfOthers();
    if (isNewerSidecar(found.sidecar)) return;
    const nameless = await inTurn(found.assetId, async () => {
      if (index.slotOn(found.assetId, this.#volume.disk.diskId) >= 0) return [];
      const losers = await this.#adopt(found);
      if (!losers) await this.#volume.removeAsset(found.assetId);
      this.#counts[losers ? 'adopted' : 'discarded'] += 1;
      return losers ?? [];
    });
    for (const assetId of nameless) await onNameless(assetId);
  }

  /** Takes a file in, if its sidecar vouches for it and another name does not; returns who lost his last name by that. */
  async #adopt({ assetId, sidecar: text, sizeBytes }: FoundAsset): Promise<AssetId[] | undefined> {
    const { index, clock, isThere, onAdopted } = this.#options;
    const sidecar = parseSidecar(text);
    if (!sidecar || sidecar.sizeBytes !== sizeBytes) return undefined;
    const twin = index.asset(assetId);
    if (twin && (await isThere(twin))) return undefined;
    // The other disk may have been found to lack it meanwhile.
    const before = index.asset(assetId);
    if (before) {
      await onAdopted(index.move(assetId, this.#volume.disk), before);
      return [];
    }
    const names = sidecar.names.filter(
      (name) => (index.fetchedAt(name.titleId, name.file) ?? -1) < name.fetchedAt,
    );
    if (names.length === 0) return undefined;
    const { diskId, tier } = this.#volume.disk;
    const asset = index.add({ assetId, diskId, tier, sizeBytes: sidecar.sizeBytes }, clock.now());
    const losers = names.flatMap((name) => index.bind(assetId, name) ?? []);
    await onAdopted(asset);
    return losers.filter((loser) => index.namesOf(loser).length === 0);
  }

  /** What a crash left. It may be a transfer's whose turn it is now. */
  async #removeStray(shard: string, name: string): Promise<void> {
    const [stem = ''] = name.split('.');
    const remove = () => this.#volume.removeStray(shard, name);
    if (!isAssetId(stem)) return remove();
    await this.#options.inTurn(stem, async () => {
      const isOrphan = (await this.#volume.statAsset(stem)) === undefined;
      if (isOrphan || name !== `${stem}.json`) await remove();
    });
  }

  /** Only what was there when this began can have vanished; what has come since was not looked for. */
  async #forgetVanished(): Promise<void> {
    const { index, onVanished } = this.#options;
    const { diskId } = this.#volume.disk;
    for (let slot = 0; slot < this.#present.end; slot += 1) {
      if (this.#isTurnOfOthers()) await turnOfOthers();
      if (this.#isStopped()) return;
      if (this.#present.has(slot) || !index.isOn(slot, diskId)) continue;
      const asset = index.assetAt(slot);
      if (asset && (await onVanished(asset))) this.#counts.vanished += 1;
    }
  }

  /** Others are let to work after so many steps. */
  #isTurnOfOthers(): boolean {
    this.#lookedAt += 1;
    return this.#lookedAt % LOOKED_AT_A_TIME === 0;
  }
}

const SHARD = /^[0-9a-f]{2}$/;
const SIDECAR = '.json';

const turnOfOthers = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The asset that a file is, or is the sidecar of, if it is either. */
const assetOfFile = (name: string) =>
  (name.endsWith(SIDECAR) ? name.slice(0, -SIDECAR.length) : name) as AssetId;
