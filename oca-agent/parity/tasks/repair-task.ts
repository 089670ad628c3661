import { errorCodeOf } from '#domain/errors.ts';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { after, type EpochMs, epochMs, seconds } from '#domain/units.ts';
import type { HeldAsset } from '../../store/asset.ts';
import type { AssetStore } from '../../store/asset-store.ts';
import type { AssetVerifier } from '../../upkeep/asset-verifier.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import type { UpkeepTask } from '../../upkeep/upkeep-task.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { Member } from '../groups/parity-groups.ts';
import type { ParityKeeper } from '../parity-keeper.ts';
import { bringBack } from './bring-back.ts';
import { type ParityParts, type RottenPiece, readableDisks } from './parity-parts.ts';
import { reconcileGroups } from './reconcile-groups.ts';
import { RowRepair } from './row-repair.ts';
import { SerialWork } from './serial-work.ts';

/** What could not be repaired is tried again after so long, or when a disk comes or goes. Assumption. */
const RETRY_AFTER = seconds(60);
/** So often a group must fail to tell an asset, a minute apart, before that is given up: a controller may have been reset. */
const TRIES_MAX = 3;

export interface ParityTaskOptions {
  readonly keeper: ParityKeeper;
  readonly store: AssetStore;
  /** Looks at assets that were found to be rotten. */
  readonly verifier: AssetVerifier;
  readonly pace: Pace;
}

/**
 * Brings back what was lost: writes each lost asset onto another disk, and lost parity files anew. Groups that have lost
 * most come first; what has rotted, and its disk still has, comes after them. Assets that their group cannot tell leave the
 * index, to be filled again.
 */
export class RepairTask implements UpkeepTask {
  readonly name = 'repair';
  readonly #options: ParityTaskOptions;
  readonly #work = new SerialWork();
  /** Damaged groups, those that have lost most last. */
  #damaged: GroupNumber[] = [];
  /** The disks that could be read, and the groups' revision, at the last look. */
  #seenDisks: ReadonlySet<DiskId> | undefined;
  #seenLosses = -1;
  #retryAt: EpochMs = epochMs(0);
  #mendAt: EpochMs = epochMs(0);
  #hasFailed = false;
  #withoutRoom = 0;
  readonly #rows: RowRepair;
  /** How often the groups of lost assets could not tell them. */
  readonly #tries = new Map<AssetId, number>();

  constructor(options: ParityTaskOptions) {
    this.#options = options;
    this.#rows = new RowRepair(options.pace);
    options.keeper.addClosing(() => this.#work.end(() => this.#rows.abandon()));
  }

  /** Rejects with what keeps the groups from being read: nothing can be repaired, and the operator must see it. */
  step(signal: AbortSignal): Promise<boolean> {
    return this.#work.do(async () => {
      const { parts, failure } = this.#options.keeper;
      if (!parts && failure !== undefined) throw failure;
      if (!parts) return false;
      if (this.#rows.isUnderWay) return this.#writeRows(parts, signal);
      await this.#loseEarly(parts);
      await this.#welcomeDisks(parts);
      this.#look(parts);
      const group = this.#damaged.pop();
      if (group === undefined) return this.#mendNext(parts, signal);
      if (parts.groups.table.has(group)) await this.#repair(parts, group, signal);
      return !signal.aborted;
    });
  }

  /** Assets that had gone from their disks before anybody knew whether parity tells them. */
  async #loseEarly(parts: ParityParts): Promise<void> {
    for (const asset of this.#options.keeper.takeLostEarly()) {
      const isSame = parts.index.asset(asset.assetId)?.diskId === asset.diskId;
      if (isSame && !this.#options.keeper.noteLost(asset)) await this.#giveUp(parts, asset);
    }
  }

  /** A disk that is back may hold rows and retired assets that nobody needs any more. */
  async #welcomeDisks(parts: ParityParts): Promise<void> {
    if (parts.returned.size === 0) return;
    const only = new Set(parts.returned);
    parts.returned.clear();
    const { clock, closing: signal } = this.#options.keeper;
    await reconcileGroups(parts, { clock, signal, only }).catch((error) => {
      for (const diskId of only) parts.returned.add(diskId);
      throw error;
    });
  }

  /** Finds damaged groups, when there may be others than at the last look. */
  #look({ groups, volumes, log }: ParityParts): void {
    const readable = readableDisks(volumes);
    const now = this.#options.keeper.clock.now();
    const isSame =
      this.#seenLosses === groups.losses &&
      this.#seenDisks?.size === readable.size &&
      [...readable].every((diskId) => this.#seenDisks?.has(diskId));
    const isRetry = this.#damaged.length === 0 && this.#hasFailed && !isBefore(this.#retryAt, now);
    if (isSame && !isRetry) return;
    this.#seenDisks = readable;
    this.#seenLosses = groups.losses;
    this.#hasFailed = false;
    if (this.#withoutRoom > 0) log('parity.repair.without-room', { pieces: this.#withoutRoom });
    this.#withoutRoom = 0;
    this.#damaged = groups.table.damaged(readable).flat();
  }

  async #repair(parts: ParityParts, group: GroupNumber, signal: AbortSignal): Promise<void> {
    const { table } = parts.groups;
    const readable = readableDisks(parts.volumes);
    const isBeyond = table.missingAt(group, readable) > table.shapeAt(group).parityFiles;
    for (const { asset } of lostMembers(parts, group, readable)) {
      if (!asset || signal.aborted) continue;
      if (isBeyond) await this.#giveUp(parts, asset);
      else await this.#bringBack(parts, asset, signal);
    }
    if (!isBeyond && !signal.aborted && table.has(group))
      await this.#beginLostRows(parts, group, readable);
  }

  /** Lets an asset go, unless it has come anew meanwhile. */
  async #giveUp({ index }: ParityParts, { assetId, diskId }: HeldAsset): Promise<void> {
    this.#tries.delete(assetId);
    if (index.asset(assetId)?.diskId !== diskId) return;
    const { keeper, store } = this.#options;
    await store.remove(assetId, 'corruption');
    keeper.onLost?.();
  }

  async #bringBack(parts: ParityParts, asset: HeldAsset, signal: AbortSignal): Promise<void> {
    const { assetId, diskId } = asset;
    const verdict = await bringBack(parts, asset, { ...this.#options, signal });
    if (verdict === 'aborted') return;
    if (verdict === 'without-room') this.#withoutRoom += 1;
    else parts.log('parity.asset.repair', { assetId, diskId, verdict });
    if (verdict === 'moved' || verdict === 'not-held') {
      this.#tries.delete(assetId);
      return;
    }
    this.#noteFailure();
    if (verdict !== 'untellable') return;
    const tries = (this.#tries.get(assetId) ?? 0) + 1;
    this.#tries.set(assetId, tries);
    if (tries >= TRIES_MAX) await this.#giveUp(parts, asset);
  }

  /** Lost rows are written onto disks that have nothing of the group. */
  async #beginLostRows(
    parts: ParityParts,
    group: GroupNumber,
    readable: ReadonlySet<DiskId>,
  ): Promise<void> {
    const rowDisks = parts.groups.rowDisks(group);
    const rows = [...rowDisks.keys()].filter((row) => !readable.has(rowDisks[row] as DiskId));
    if (rows.length === 0) return;
    // No row is left to tell its members' hashes: the group is written anew from its members.
    if (rows.length === rowDisks.length) {
      parts.groups.noteRestless(group);
      return;
    }
    const written = await this.#beginRows(parts, group, rows);
    if (written === rows.length) return;
    parts.groups.noteRestless(group);
    this.#withoutRoom += rows.length - written;
    this.#noteFailure();
  }

  /** Begins to write rows anew; for how many there is a place. */
  async #beginRows(
    parts: ParityParts,
    group: GroupNumber,
    rows: readonly number[],
  ): Promise<number> {
    const { dataShare } = this.#options.keeper;
    return this.#rows.begin(parts, group, { rows, dataShare }).catch((error) => {
      parts.log('parity.row.unwritten', { code: errorCodeOf(error) });
      this.#noteRowFailure();
      return rows.length;
    });
  }

  async #writeRows(parts: ParityParts, signal: AbortSignal): Promise<boolean> {
    if (!(await this.#rows.step(parts, signal))) this.#noteRowFailure();
    return !signal.aborted;
  }

  /** Looks after one piece that has rotted. It stays as it is until something better is there: its other chunks are right. */
  async #mendNext(parts: ParityParts, signal: AbortSignal): Promise<boolean> {
    const { first } = parts.rot;
    if (!first || isBefore(this.#mendAt, this.#options.keeper.clock.now())) return false;
    const group = parts.groups.table.find(first.groupId);
    if (group === undefined) parts.rot.forget(first);
    else if (first.piece < parts.groups.table.shapeAt(group).dataFiles)
      await this.#mendMember(parts, group, first, signal);
    else await this.#mendRow(parts, group, first);
    return !signal.aborted;
  }

  async #mendMember(
    parts: ParityParts,
    group: GroupNumber,
    rotten: RottenPiece,
    signal: AbortSignal,
  ): Promise<void> {
    const member = parts.groups.memberAt(group, rotten.piece);
    if (member?.asset)
      await this.#options.verifier.verify([member.asset], this.#options.pace, signal);
    else if (member) parts.groups.noteLost(group, rotten.piece);
    if (!signal.aborted) parts.rot.forget(rotten);
  }

  async #mendRow(parts: ParityParts, group: GroupNumber, rotten: RottenPiece): Promise<void> {
    // It waits behind the others if this fails.
    parts.rot.forget(rotten);
    parts.rot.note(rotten.groupId, rotten.piece);
    const { dataFiles } = parts.groups.table.shapeAt(group);
    await this.#beginRows(parts, group, [rotten.piece - dataFiles]);
    if (!this.#rows.isUnderWay) this.#noteRowFailure();
  }

  #noteRowFailure(): void {
    this.#noteFailure();
    this.#mendAt = this.#retryAt;
  }
  #noteFailure(): void {
    this.#hasFailed = true;
    this.#retryAt = after(this.#options.keeper.clock.now(), RETRY_AFTER);
  }
}

/** A clock that was set back keeps nothing waiting for longer. */
const isBefore = (retryAt: EpochMs, now: EpochMs): boolean =>
  now < retryAt && retryAt - now <= RETRY_AFTER;

const lostMembers = (
  { groups }: ParityParts,
  group: GroupNumber,
  readable: ReadonlySet<DiskId>,
): Member[] =>
  groups
    .members(group)
    .filter(({ state, diskId }) => state === 'lost' || !readable.has(diskId as DiskId));
