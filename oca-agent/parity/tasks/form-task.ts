import { errorCodeOf } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import type { DataFile, GroupChange } from '#domain/parity/parity-group.ts';
import { type ParityPlan, planParity } from '#domain/parity/parity-plan.ts';
import {
  after,
  type EpochMs,
  elapsed,
  epochMs,
  type Milliseconds,
  milliseconds,
  seconds,
} from '#domain/units.ts';
import type { UpkeepTask } from '../../upkeep/upkeep-task.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { GroupWriting } from '../writing/group-writing.ts';
import { RottenAssetError } from '../writing/member-source.ts';
import { parityRoom } from '../writing/parity-room.ts';
import type { ParityParts } from './parity-parts.ts';
import { presentGroup } from './present-group.ts';
import { dropGroup } from './reconcile-groups.ts';
import type { ParityTaskOptions } from './repair-task.ts';
import { SerialWork } from './serial-work.ts';

/** Chunks of each piece in one step. */
const CHUNKS_A_STEP = 8;
/** What a plan looks at in one go. */
const LOOSE_MAX = 2000;
/** Measured: a plan of these takes 20 ms, and of 500 groups 150 ms, in which no request is answered. */
const GROUPS_MAX = 150;
/** After a plan in vain so many times its duration, so that the search for something to better takes a twentieth of the time. */
const REST_FACTOR = 20;
const CHANGES_MAX = 64;
/** Assets that come one by one are waited for, so that they need not be put into a group one by one. Assumption. */
const GATHER_FOR = seconds(5);
/** After a change that failed. Assumption. */
const RETRY_AFTER = seconds(10);

/** Puts assets of the hdd tier into parity groups, and writes those groups anew that have lost members to eviction. */
export class FormTask implements UpkeepTask {
  readonly name = 'parity';
  readonly #options: ParityTaskOptions;
  readonly #gatherFor: Milliseconds;
  readonly #work = new SerialWork();
  #changes: GroupChange[] = [];
  #writing: GroupWriting | undefined;
  /** The revision at which there was nothing to better, and how many loose assets and groups had been looked at since. */
  #plannedRevision = -1;
  #lookedAt = 0;
  #groupsLookedAt = 0;
  #restingUntil: EpochMs = epochMs(0);
  #changedAt: { readonly revision: number; readonly at: EpochMs } | undefined;

  constructor(options: ParityTaskOptions & { readonly gatherFor?: Milliseconds }) {
    this.#options = options;
    this.#gatherFor = options.gatherFor ?? GATHER_FOR;
    options.keeper.addClosing(() =>
      this.#work.end(async () => {
        await this.#writing?.abandon();
      }),
    );
  }

  step(signal: AbortSignal): Promise<boolean> {
    return this.#work.do(async () => {
      const { parts } = this.#options.keeper;
      if (!parts) return false;
      if (this.#writing) return this.#write(parts, this.#writing, signal);
      const change = this.#changes.shift();
      if (change) return this.#begin(parts, change, signal);
      if (this.#mustWait(parts)) return false;
      return this.#plan(parts);
    });
  }

  async #begin(parts: ParityParts, change: GroupChange, signal: AbortSignal): Promise<boolean> {
    if (change.columns.every((column) => !column)) {
      for (const groupId of change.replaces) {
        const group = parts.groups.table.find(groupId);
        if (group !== undefined) await dropGroup(parts, group);
      }
      return true;
    }
    const isCurrent = change.replaces.every((id) => parts.groups.table.find(id) !== undefined);
    if (!isCurrent) return true;
    const { pace, keeper } = this.#options;
    try {
      this.#writing = await GroupWriting.begin(parts, { change, shape: keeper.shape, pace });
    } catch (error) {
      await this.#see(parts, error, signal);
    }
    return true;
  }

  async #write(parts: ParityParts, writing: GroupWriting, signal: AbortSignal): Promise<boolean> {
    try {
      for (let count = 0; writing.hasMore && count < CHUNKS_A_STEP; count += 1) {
        await writing.writeChunk(signal);
        if (signal.aborted) return false;
      }
      if (writing.hasMore) return true;
      await writing.commit();
    } catch (error) {
      await writing.abandon();
      await this.#see(parts, error, signal);
    }
    this.#writing = undefined;
    return true;
  }

  /** Parity is never made of wrong bytes: an asset that nothing can tell goes, to be filled again. */
  async #see(parts: ParityParts, error: unknown, signal: AbortSignal): Promise<void> {
    this.#plannedRevision = -1;
    if (!(error instanceof RottenAssetError)) return this.#noteFailure(parts, error);
    const { verifier, pace } = this.#options;
    parts.log('parity.asset.rotten', { assetId: error.asset.assetId });
    await verifier.verify([error.asset], pace, signal);
  }

  #noteFailure(parts: ParityParts, error: unknown): void {
    const code = errorCodeOf(error);
    parts.log('parity.group.unwritten', { code });
    // A member that left is no failure of ours: the next plan knows better.
    if (code === 'asset-not-stored') return;
    this.#changes = [];
    this.#restingUntil = after(this.#options.keeper.clock.now(), RETRY_AFTER);
  }

  /** Nothing has changed, or more may come in a moment. */
  #mustWait({ groups }: ParityParts): boolean {
    const now = this.#options.keeper.clock.now();
    const { revision } = groups;
    if (now < this.#restingUntil && this.#restingUntil - now <= RETRY_AFTER) return true;
    if (this.#plannedRevision === revision) return this.#hasSeenAll(groups);
    if (this.#changedAt?.revision !== revision) this.#changedAt = { revision, at: now };
    const isEnough = groups.loose.size >= this.#options.keeper.shape.dataFiles;
    return !isEnough && elapsed(this.#changedAt.at, now) < this.#gatherFor;
  }

  async #plan(parts: ParityParts): Promise<boolean> {
    const { groups } = parts;
    const { keeper } = this.#options;
    if (this.#plannedRevision !== groups.revision) {
      this.#lookedAt = 0;
      this.#groupsLookedAt = 0;
    }
    this.#plannedRevision = groups.revision;
    const taken = groups.loose.take(LOOSE_MAX);
    const loose = looseFiles(parts, taken);
    this.#lookedAt += taken.length;
    for (const { slot } of loose) groups.loose.add(slot);
    const disks = await parityRoom(parts, keeper.dataShare);
    const restless = this.#takeRestless(parts, new Set(disks.map(({ diskId }) => diskId)));
    const { dataFiles, parityFiles } = keeper.shape;
    const startedAt = keeper.clock.now();
    const plan: ParityPlan = planParity({
      disks,
      loose,
      groups: restless,
      dataFiles,
      parityFiles,
      changesMax: CHANGES_MAX,
    });
    this.#changes = [...plan.changes];
    if (this.#changes.length > 0) return true;
    if (this.#hasSeenAll(groups) && (await this.#dissolveOther(parts))) return true;
    const now = keeper.clock.now();
    this.#restingUntil = after(now, milliseconds(REST_FACTOR * elapsed(startedAt, now)));
    return !this.#hasSeenAll(groups);
  }

  #hasSeenAll({ loose, restless }: ParityGroups): boolean {
    return this.#lookedAt >= loose.size && this.#groupsLookedAt >= restless.size;
  }

  /** A few of the groups that may want a change, each in its turn. */
  #takeRestless({ groups }: ParityParts, listed: ReadonlySet<DiskId>) {
    const some: GroupNumber[] = [];
    for (const group of groups.restless) {
      if (some.length === GROUPS_MAX) break;
      some.push(group);
    }
    for (const group of some) {
      groups.restless.delete(group);
      groups.restless.add(group);
    }
    this.#groupsLookedAt += some.length;
    return some.map((group) => presentGroup(groups, group, listed));
  }

  /** A group of another k or m goes when there is nothing else to do: its members are put into others. */
  async #dissolveOther(parts: ParityParts): Promise<boolean> {
    const { table } = parts.groups;
    const { dataFiles, parityFiles } = this.#options.keeper.shape;
    for (const group of table.numbers()) {
      const shape = table.shapeAt(group);
      if (shape.dataFiles === dataFiles && shape.parityFiles === parityFiles) continue;
      await dropGroup(parts, group);
      return true;
    }
    return false;
  }
}

function looseFiles({ index, groups, volumes }: ParityParts, slots: readonly number[]) {
  return slots.flatMap((slot): (DataFile & { slot: number })[] => {
    const asset = index.assetAt(slot);
    const isLoose =
      asset?.tier === 'hdd' &&
      groups.table.pieceOf(slot) === undefined &&
      volumes.get(asset.diskId)?.isReadable;
    return isLoose && asset ? [asset] : [];
  });
}
