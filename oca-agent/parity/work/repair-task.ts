import { errorCodeOf } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { after, type EpochMs, epochMs, seconds } from '#domain/units.ts';
import type { AssetStore } from '../../store/asset-store.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import type { UpkeepTask } from '../../upkeep/upkeep-task.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { Member } from '../groups/parity-groups.ts';
import type { ParityKeeper } from '../parity-keeper.ts';
import { lostReader } from '../reading/lost-reader.ts';
import { type ParityParts, readableDisks } from './parity-parts.ts';
import { parityRoom } from './parity-room.ts';
import { reconcileGroups } from './reconcile-groups.ts';
import { RowRewriting } from './row-rewriting.ts';
import { SerialWork } from './serial-work.ts';
import { loseRow } from './verify-row.ts';

/** What could not be repaired is tried again after so long, or when a disk comes or goes. Assumption. */
const RETRY_AFTER = seconds(60);
/** Chunks of a lost row that are written in one step. */
const CHUNKS_A_STEP = 8;

export interface ParityTaskOptions {
  readonly keeper: ParityKeeper;
  readonly store: AssetStore;
  readonly pace: Pace;
}

/**
 * Brings back what was lost: writes each lost asset onto another disk, and lost parity files anew. Groups that have lost
 * most come first. Assets that their group cannot tell leave the index, to be filled again.
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
  #hasFailed = false;
  #rewriting: RowRewriting | undefined;

  constructor(options: ParityTaskOptions) {
    this.#options = options;
    options.keeper.addClosing(() =>
      this.#work.end(async () => {
        await this.#rewriting?.abandon();
      }),
    );
  }

  step(signal: AbortSignal): Promise<boolean> {
    return this.#work.do(async () => {
      const { parts } = this.#options.keeper;
      if (!parts) return false;
      if (this.#rewriting) return this.#rewrite(this.#rewriting, signal);
      await this.#loseEarly(parts);
      await this.#welcomeDisks(parts);
      await this.#noteRot(parts);
      this.#look(parts);
      const group = this.#damaged.pop();
      if (group === undefined) return false;
      if (parts.groups.table.has(group)) await this.#repair(parts, group, signal);
      return !signal.aborted;
    });
  }

  /** Assets that had gone from their disks before anybody knew whether parity tells them. */
  async #loseEarly(parts: ParityParts): Promise<void> {
    for (const asset of this.#options.keeper.takeLostEarly()) {
      const isSame = parts.index.asset(asset.assetId)?.diskId === asset.diskId;
      if (isSame && !this.#options.keeper.noteLost(asset))
        await this.#options.store.remove(asset.assetId, 'corruption');
    }
  }

  /** A disk that is back may hold rows and retired assets that nobody needs any more. */
  async #welcomeDisks(parts: ParityParts): Promise<void> {
    if (parts.returned.size === 0) return;
    const returned = new Set(parts.returned);
    parts.returned.clear();
    await reconcileGroups(parts, this.#options.keeper.clock, returned);
  }

  /** Rows that are wrong are lost; assets that are wrong are written anew in their place. */
  async #noteRot(parts: ParityParts): Promise<void> {
    for (const place of parts.rot) {
      parts.rot.delete(place);
      const [group = 0, piece = 0] = place.split(' ').map(Number);
      const { dataFiles } = parts.groups.table.shapeAt(group);
      if (!parts.groups.table.has(group)) continue;
      if (piece >= dataFiles) await loseRow(parts, group, piece - dataFiles);
      else parts.groups.noteLost(group, piece);
    }
  }

  /** Finds damaged groups, when there may be others than at the last look. */
  #look({ groups, volumes }: ParityParts): void {
    const readable = readableDisks(volumes);
    const now = this.#options.keeper.clock.now();
    const isSame =
      this.#seenLosses === groups.losses &&
      this.#seenDisks?.size === readable.size &&
      [...readable].every((diskId) => this.#seenDisks?.has(diskId));
    const isRetry = this.#damaged.length === 0 && this.#hasFailed && now >= this.#retryAt;
    if (isSame && !isRetry) return;
    this.#seenDisks = readable;
    this.#seenLosses = groups.losses;
    this.#hasFailed = false;
    this.#damaged = groups.table.damaged(readable).flat();
  }

  async #repair(parts: ParityParts, group: GroupNumber, signal: AbortSignal): Promise<void> {
    const { table } = parts.groups;
    const readable = readableDisks(parts.volumes);
    const isBeyond = table.missingAt(group, readable) > table.shapeAt(group).parityFiles;
    for (const member of lostMembers(parts, group, readable)) {
      if (!member.asset || signal.aborted) continue;
      if (isBeyond) await this.#giveUp(member);
      else await this.#bringBack(parts, group, member, signal);
    }
    if (!isBeyond && !signal.aborted) await this.#beginRows(parts, group, readable);
  }

  async #giveUp({ assetId }: Member): Promise<void> {
    const { keeper, store } = this.#options;
    await store.remove(assetId, 'corruption');
    keeper.onLost?.();
  }

  async #bringBack(
    parts: ParityParts,
    group: GroupNumber,
    { asset, assetId }: Member,
    signal: AbortSignal,
  ): Promise<void> {
    if (!asset) return;
    const { store, pace } = this.#options;
    const mayEvict = parts.index.isPinned(assetId);
    const ofGroup = new Set(parts.groups.members(group).flatMap(({ diskId }) => diskId ?? []));
    for (const diskId of parts.groups.rowDisks(group)) if (diskId) ofGroup.add(diskId);
    for (const avoidDisks of [ofGroup, new Set<DiskId>()]) {
      const reader = lostReader(parts, asset);
      const options = { tiers: ['hdd'] as const, avoidDisks, reader, mayEvict, pace, signal };
      const verdict = await store.relocate(asset, options);
      parts.log('parity.asset.repair', { assetId, diskId: asset.diskId, verdict });
      if (verdict !== 'without-room') {
        if (verdict !== 'moved') this.#noteFailure();
        return;
      }
    }
    this.#noteFailure();
  }

  /** Lost rows are written onto disks that have nothing of the group. */
  async #beginRows(
    parts: ParityParts,
    group: GroupNumber,
    readable: ReadonlySet<DiskId>,
  ): Promise<void> {
    if (!parts.groups.table.has(group)) return;
    const rows = parts.groups.rowDisks(group);
    const lost = [...rows.keys()].filter((row) => !readable.has(rows[row] as DiskId));
    if (lost.length === 0) return;
    // No row is left to tell its members' hashes: the group is written anew from its members.
    if (lost.length === rows.length) {
      parts.groups.noteRestless(group);
      return;
    }
    const taken = new Set([...parts.groups.members(group).map(({ diskId }) => diskId), ...rows]);
    const lengthBytes = parts.groups.table.lengthBytesAt(group);
    const free = (await parityRoom(parts, this.#options.keeper.dataShare))
      .filter((disk) => disk.isWritable && !taken.has(disk.diskId) && disk.freeBytes >= lengthBytes)
      .sort((one, other) => other.freeBytes - one.freeBytes);
    const places = lost.slice(0, free.length).map((row, index) => ({
      row,
      diskId: (free[index] as { diskId: DiskId }).diskId,
    }));
    if (places.length < lost.length) {
      parts.groups.noteRestless(group);
      this.#noteFailure();
    }
    if (places.length === 0) return;
    const task = { group, places, pace: this.#options.pace };
    this.#rewriting = await RowRewriting.begin(parts, task).catch((error) => {
      this.#noteRowFailure(parts, error);
      return undefined;
    });
  }

  async #rewrite(rewriting: RowRewriting, signal: AbortSignal): Promise<boolean> {
    try {
      for (let count = 0; rewriting.hasMore && count < CHUNKS_A_STEP; count += 1) {
        await rewriting.writeChunk(signal);
        if (signal.aborted) return false;
      }
      if (rewriting.hasMore) return true;
      await rewriting.commit();
    } catch (error) {
      await rewriting.abandon();
      const { parts } = this.#options.keeper;
      if (parts) this.#noteRowFailure(parts, error);
    }
    this.#rewriting = undefined;
    return true;
  }

  #noteRowFailure(parts: ParityParts, error: unknown): void {
    this.#noteFailure();
    parts.log('parity.row.unwritten', { code: errorCodeOf(error) });
  }
  #noteFailure(): void {
    this.#hasFailed = true;
    this.#retryAt = after(this.#options.keeper.clock.now(), RETRY_AFTER);
  }
}

const lostMembers = (
  { groups }: ParityParts,
  group: GroupNumber,
  readable: ReadonlySet<DiskId>,
): Member[] =>
  groups
    .members(group)
    .filter(({ state, diskId }) => state === 'lost' || !readable.has(diskId as DiskId));
