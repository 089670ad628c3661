import type { AssetId } from '../ids.ts';
import { type EpochMs, elapsed, type Milliseconds, seconds } from '../units.ts';

const HOUR = seconds(3600);

/**
 * Remembers who moved between the tiers, for as long as that keeps it where it is, and how many did within an hour. It
 * begins with nothing: as nobody knows what moved before, nothing does for an hour, however often the agent starts.
 */
export class MoveHistory {
  readonly #stayFor: Milliseconds;
  readonly #movesPerHourMax: number;
  /** Oldest first. An asset that moves again is taken out and put last. */
  readonly #movedAt = new Map<AssetId, EpochMs>();
  #recent: EpochMs[] = [];
  readonly #startedAt: EpochMs;

  constructor(options: {
    readonly stayFor: Milliseconds;
    readonly movesPerHourMax: number;
    readonly startedAt: EpochMs;
  }) {
    this.#stayFor = options.stayFor;
    this.#startedAt = options.startedAt;
    this.#movesPerHourMax = options.movesPerHourMax;
  }

  note(assetId: AssetId, now: EpochMs): void {
    this.#movedAt.delete(assetId);
    this.#movedAt.set(assetId, now);
    this.#recent.push(now);
    this.#forget(now);
  }

  movedAt(assetId: AssetId): EpochMs | undefined {
    return this.#movedAt.get(assetId);
  }

  /** How many more may move now. */
  allowance(now: EpochMs): number {
    this.#forget(now);
    if (Math.abs(now - this.#startedAt) < HOUR) return 0;
    return Math.max(0, this.#movesPerHourMax - this.#recent.length);
  }

  #forget(now: EpochMs): void {
    this.#recent = this.#recent.filter((at) => Math.abs(now - at) < HOUR);
    for (const [assetId, at] of this.#movedAt) {
      if (elapsed(at, now) < this.#stayFor) break;
      this.#movedAt.delete(assetId);
    }
  }
}
