import type { Clock } from '#domain/clock.ts';
import { type EpochMs, elapsed } from '#domain/units.ts';
import type { Log } from '../log.ts';
import type { ParityKeeper, ParityRow } from '../parity/parity-keeper.ts';
import type { AssetIndex } from '../store/asset-index.ts';
import type { Volume } from '../store/volume.ts';
import type { AssetScan } from './asset-scan.ts';
import type { AssetVerifier } from './asset-verifier.ts';
import type { DiskRound, ScrubBook } from './scrub-book.ts';
import { type ScrubItem, scrubItemsAfter } from './scrub-items.ts';
import type { Pace } from './upkeep-pace.ts';
import type { UpkeepTask } from './upkeep-task.ts';

export interface DiskScrubOptions {
  readonly volume: Volume;
  readonly index: AssetIndex;
  readonly verifier: AssetVerifier;
  /** Absent where parity is off. */
  readonly keeper: ParityKeeper | undefined;
  readonly book: ScrubBook;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly log: Log;
  /** A round takes so many days; 0: only what the operator orders. */
  readonly periodDays: number;
}

const MS_PER_DAY = 86_400_000;
/** A round ends before the next is due, also when more comes towards its end. */
const ROUND_SHARE = 0.9;
/** How often a file that must be read by then is written. */
const WRITE_EVERY_MS = 60_000;

/**
 * Verifies all that is on one disk, over and over: first its assets in the order of their ids, then its parity files.
 * A round is spread evenly over the period, and one that has fallen behind catches up as fast as upkeep may.
 */
export class DiskScrub implements UpkeepTask {
  readonly name = 'scrub';
  /** The operator does not wait for the period: this round goes on without a rest. */
  #isUrgent = false;
  /** How often a round was begun: what was being verified before belongs to the round before. */
  #beginnings = 0;
  #batch: ScrubItem[] = [];
  #scan: { readonly position: string; readonly scan: AssetScan } | undefined;
  #writtenAt: EpochMs;
  readonly #options: DiskScrubOptions;

  constructor(options: DiskScrubOptions) {
    this.#options = options;
    this.#writtenAt = options.clock.now();
  }

  get round(): DiskRound | undefined {
    return this.#options.book.rounds.get(this.#options.volume.disk.diskId);
  }
  /** A round that was ordered is under way. Nobody waits for a disk that is out of use: its round goes on when it is back. */
  get isUrgent(): boolean {
    return this.#isUrgent && this.#options.volume.isReadable;
  }
  /** What there is to verify on the disk now. */
  get totalBytes(): number {
    const { index, keeper, volume } = this.#options;
    const { diskId } = volume.disk;
    return index.usageOfDisk(diskId).usedBytes + (keeper?.overheadBytes(diskId) ?? 0);
  }

  /** Begins a round now, and goes through with it. */
  hurry(): void {
    this.#isUrgent = true;
    this.#begin();
  }

  async step(signal: AbortSignal): Promise<boolean> {
    if (!this.#options.volume.isReadable || !this.#isDue()) return false;
    try {
      const { position, scan } = this.#scan ?? {};
      if (scan && position !== undefined) await this.#scanOn(position, scan, signal);
      else await this.#next(signal);
    } catch (error) {
      // What could not be verified now comes again: the round has not passed it.
      this.#batch = [];
      throw error;
    }
    await this.#writeSometimes();
    return !signal.aborted && this.#isDue();
  }

  /** Whether the round is behind the even pace; begins one when it is time. */
  #isDue(): boolean {
    const { clock, periodDays } = this.#options;
    const { round } = this;
    if (this.#isUrgent) return true;
    if (periodDays === 0) return false;
    const periodMs = periodDays * MS_PER_DAY;
    const sinceStart = round ? elapsed(round.startedAt, clock.now()) : periodMs;
    if (!round || round.isComplete)
      return sinceStart >= periodMs && this.totalBytes > 0 && this.#begin();
    return round.verifiedBytes <= (this.totalBytes * sinceStart) / (periodMs * ROUND_SHARE);
  }

  #begin(): true {
    this.#beginnings += 1;
    this.#batch = [];
    this.#scan = undefined;
    const startedAt = this.#options.clock.now();
    this.#note({ startedAt, position: '', verifiedBytes: 0, isComplete: false });
    return true;
  }

  async #next(signal: AbortSignal): Promise<void> {
    if (this.#batch.length === 0 && !(await this.#lookUp())) return;
    const item = this.#batch.shift();
    if (!item) return this.#complete();
    if ('row' in item) return this.#verifyRow(item.position, item.row, signal);
    const asset = this.#options.index.asset(item.assetId);
    const isHere = asset?.diskId === this.#options.volume.disk.diskId;
    const beginnings = this.#beginnings;
    const scan = isHere ? await this.#options.verifier.begin(asset) : undefined;
    if (this.#beginnings !== beginnings) return;
    if (scan) this.#scan = { position: item.position, scan };
    else this.#advance(item.position, 0);
  }

  async #scanOn(position: string, scan: AssetScan, signal: AbortSignal): Promise<void> {
    const { verifier, pace } = this.#options;
    const beginnings = this.#beginnings;
    await scan.step(pace, signal);
    if (!scan.verdict || signal.aborted) return;
    if (this.#scan?.scan === scan) this.#scan = undefined;
    await verifier.conclude(scan, pace, signal);
    if (!signal.aborted && this.#beginnings === beginnings)
      this.#advance(position, scan.asset.sizeBytes);
  }

  async #verifyRow(position: string, row: ParityRow, signal: AbortSignal): Promise<void> {
    const { keeper, pace, log } = this.#options;
    const beginnings = this.#beginnings;
    const verdict = await keeper?.verifyRow(row, pace, signal);
    if (signal.aborted) return;
    const { groupId, row: number, diskId } = row;
    if (verdict === 'rotten') log('store.parity.rotten', { groupId, row: number, diskId });
    if (this.#beginnings === beginnings) this.#advance(position, row.sizeBytes);
  }

  /** Finds out what comes next. False: a round has begun meanwhile. */
  async #lookUp(): Promise<boolean> {
    const { index, keeper, volume } = this.#options;
    const { diskId } = volume.disk;
    const beginnings = this.#beginnings;
    const items = await scrubItemsAfter(this.round?.position ?? '', { index, keeper, diskId });
    if (this.#beginnings !== beginnings) return false;
    this.#batch = items;
    return true;
  }

  #advance(position: string, verifiedBytes: number): void {
    const { round } = this;
    if (round)
      this.#note({ ...round, position, verifiedBytes: round.verifiedBytes + verifiedBytes });
  }

  #complete(): void {
    const { clock, log, volume } = this.#options;
    const { round } = this;
    if (!round) return;
    this.#isUrgent = false;
    this.#note({ ...round, isComplete: true, completedAt: clock.now() });
    const { diskId } = volume.disk;
    log('store.scrub.completed', { diskId, verifiedBytes: round.verifiedBytes });
  }

  #note(round: DiskRound): void {
    const completedAt = round.completedAt ?? this.round?.completedAt;
    this.#options.book.note(this.#options.volume.disk.diskId, { ...round, completedAt });
  }

  async #writeSometimes(): Promise<void> {
    const now = this.#options.clock.now();
    if (!this.round?.isComplete && elapsed(this.#writtenAt, now) < WRITE_EVERY_MS) return;
    this.#writtenAt = now;
    await this.#options.book.write();
  }
}
