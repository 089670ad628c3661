import type { Clock } from '#domain/clock.ts';
import type { Slot } from '#domain/eviction/policy.ts';
import type { DiskId } from '#domain/ids.ts';
import { MoveHistory } from '#domain/tiering/move-history.ts';
import {
  type DiskRoom,
  type Move,
  planMoves,
  TIERING_RULES,
  type TieredAsset,
} from '#domain/tiering/plan-moves.ts';
import { Shortlist } from '#domain/tiering/shortlist.ts';
import type { EpochMs } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { Log } from '../log.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { usesAt } from '../store/heat.ts';
import type { AssetVerifier } from './asset-verifier.ts';
import { headroomBytesOf } from './evict-to-watermark.ts';
import type { Pace } from './upkeep-pace.ts';
import type { UpkeepTask } from './upkeep-task.ts';

/** A step looks at so many slots: of 2 million assets each is looked at within the hour. */
const SLOTS_A_STEP = 4096;
/** So many of each tier are worth a closer look. */
const CANDIDATES_MAX = 64;
/** Quiet assets begin to leave flash for hdd before any would have to be evicted there: that begins at one headroom. */
const HEADROOMS = 2;
/** Assumption: even of large files so many are more than the pace lets through. */
const MOVES_PER_HOUR_MAX = 120;

/** Moves much used assets to flash and quiet ones to hdd, a few at a time, as {@link planMoves} says. */
export class MoveAssets implements UpkeepTask {
  readonly name = 'move';
  /** Since the agent's start. */
  promotedAssets = 0;
  demotedAssets = 0;
  readonly #store: AssetStore;
  readonly #verifier: AssetVerifier;
  readonly #pace: Pace;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #hot = new Shortlist<Slot>(CANDIDATES_MAX);
  readonly #cold = new Shortlist<Slot>(CANDIDATES_MAX);
  readonly #history: MoveHistory;
  /** Where the next step begins to look. */
  #slot: Slot = 0;
  #moves: Move[] = [];

  constructor(options: {
    readonly store: AssetStore;
    /** Looks after an asset whose bytes turn out to be wrong. */
    readonly verifier: AssetVerifier;
    readonly pace: Pace;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#store = options.store;
    this.#verifier = options.verifier;
    this.#pace = options.pace;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#history = new MoveHistory({
      stayFor: TIERING_RULES.stayFor,
      movesPerHourMax: MOVES_PER_HOUR_MAX,
      startedAt: options.clock.now(),
    });
  }

  /** Makes one move, or looks for some. */
  async step(signal: AbortSignal): Promise<boolean> {
    const [move, ...later] = this.#moves;
    if (move) {
      this.#moves = [];
      if (await this.#make(move, signal)) this.#moves = later;
      return !signal.aborted;
    }
    this.#look();
    this.#moves = await this.#plan();
    return this.#moves.length > 0;
  }

  /** Notes who is much used on hdd, and who little on flash, among the next slots. */
  #look(): void {
    const { index } = this.#store;
    const end = this.#slot + SLOTS_A_STEP;
    if (this.#slot === 0) this.#refresh();
    for (; this.#slot < end && this.#slot < index.slotsEnd; this.#slot += 1)
      this.#offer(this.#slot);
    if (this.#slot >= index.slotsEnd) this.#slot = 0;
  }

  /** Heat changes, and slots change hands: who was noted is judged anew. */
  #refresh(): void {
    const slots = new Set([...this.#hot.items, ...this.#cold.items]);
    this.#hot.clear();
    this.#cold.clear();
    for (const slot of slots) this.#offer(slot);
  }

  #offer(slot: Slot): void {
    const { index } = this.#store;
    const heat = index.heatOf(slot);
    if (heat <= this.#hot.scoreMin && -heat <= this.#cold.scoreMin) return;
    const asset = index.assetAt(slot);
    if (asset?.tier === 'hdd') this.#hot.offer(slot, heat);
    if (asset?.tier === 'flash') this.#cold.offer(slot, -heat);
  }

  async #plan(): Promise<Move[]> {
    const now = this.#clock.now();
    const [flash, hdd] = await Promise.all([this.#roomOf('flash'), this.#roomOf('hdd')]);
    if (flash.length === 0 || hdd.length === 0) return [];
    const moves = planMoves({
      hot: this.#candidates(this.#hot, 'hdd', now),
      cold: this.#candidates(this.#cold, 'flash', now),
      flash,
      hdd,
      now,
    });
    return moves.length <= this.#history.allowance(now) ? moves : [];
  }

  #candidates(list: Shortlist<Slot>, tier: Tier, now: EpochMs): TieredAsset[] {
    const { index } = this.#store;
    return list.items.flatMap((slot) => {
      const asset = index.assetAt(slot);
      if (asset?.tier !== tier || !this.#store.volume(asset.diskId)?.isReadable) return [];
      const { assetId, diskId, sizeBytes } = asset;
      return {
        assetId,
        diskId,
        sizeBytes,
        uses: usesAt(index.heatOf(slot), now),
        lastUsedAt: index.lastUsedAt(slot),
        movedAt: this.#history.movedAt(assetId),
      };
    });
  }

  /** What fits on each disk of a tier without anything leaving. */
  async #roomOf(tier: Tier): Promise<DiskRoom[]> {
    const volumes = [...this.#store.volumes].filter(
      (volume) => volume.disk.tier === tier && volume.isWritable,
    );
    return Promise.all(
      volumes.map(async (volume) => ({
        diskId: volume.disk.diskId,
        roomBytes: await this.#store.roomOf(volume),
        headroomBytes: HEADROOMS * headroomBytesOf(volume.disk.capacityBytes),
      })),
    );
  }

  async #make({ asset, to, diskId }: Move, signal: AbortSignal): Promise<boolean> {
    const { assetId } = asset;
    const held = this.#store.index.asset(assetId);
    if (held?.diskId !== asset.diskId) return false;
    const verdict = await this.#store.relocate(held, {
      tiers: [to],
      ...(diskId === undefined ? {} : { avoidDisks: this.#allBut(diskId) }),
      pace: this.#pace,
      signal,
    });
    if (verdict === 'aborted') return false;
    // Also one that failed: it would fail again, over and over.
    this.#history.note(assetId, this.#clock.now());
    this.#log('store.asset.moved', { assetId, to, sizeBytes: asset.sizeBytes, verdict });
    if (verdict === 'unreadable') await this.#verifier.verify([held], this.#pace, signal);
    if (verdict !== 'moved') return false;
    if (to === 'flash') this.promotedAssets += 1;
    else this.demotedAssets += 1;
    return true;
  }

  #allBut(diskId: DiskId): Set<DiskId> {
    const diskIds = Array.from(this.#store.volumes, ({ disk }) => disk.diskId);
    return new Set(diskIds.filter((other) => other !== diskId));
  }
}
