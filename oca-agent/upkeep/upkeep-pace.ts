import type { Clock } from '#domain/clock.ts';
import type { DiskId } from '#domain/ids.ts';
import { type BitsPerSecond, bitsPerSecond, type EpochMs, epochMs } from '#domain/units.ts';
import { Pacer } from '../fill/pacer.ts';

/** Resolves when upkeep may read from, or write to, a disk so many more bytes; at once when `signal` aborts. */
export type Pace = (diskId: DiskId, sizeBytes: number, signal: AbortSignal) => Promise<void>;

/** How busy serving has a disk, or the whole appliance: 0 idle, 1 all that it can do. */
export type Pressure = (diskId: DiskId) => number;

/** Serving is busy from here on. Assumption: four fifths leave it room for a surge. */
const BUSY_PRESSURE = 0.8;
/** Assumptions: slow down within a second, and come back within half a minute. As TCP does: down by a factor, up in steps. */
const JUDGED_EVERY_MS = 200;
const SLOWER_BY = 0.5;
const FASTER_BY = 0.01;
const SHARE_MIN = 1 / 64;

interface DiskPace {
  readonly pacer: Pacer;
  /** Of the configured rate: 1 when serving is quiet. */
  share: number;
  judgedAt: EpochMs;
}

/** Holds all upkeep of a disk together to one rate, which yields to serving: it halves while serving is busy. */
export class UpkeepPacer {
  readonly #clock: Clock;
  readonly #rate: BitsPerSecond;
  readonly #pressure: Pressure;
  readonly #paces = new Map<DiskId, DiskPace>();

  constructor(clock: Clock, rate: BitsPerSecond, pressure: Pressure) {
    this.#clock = clock;
    this.#rate = rate;
    this.#pressure = pressure;
  }

  readonly take: Pace = async (diskId, sizeBytes, signal) => {
    const pace = this.#paceOf(diskId);
    this.#judge(diskId, pace);
    await pace.pacer.take(sizeBytes, signal);
  };

  /** What upkeep may use of a disk now. */
  rateOf(diskId: DiskId): BitsPerSecond {
    return bitsPerSecond(this.#rate * this.#paceOf(diskId).share);
  }

  #paceOf(diskId: DiskId): DiskPace {
    const known = this.#paces.get(diskId);
    if (known) return known;
    const pacer = new Pacer(this.#clock, () => this.rateOf(diskId));
    const pace = { pacer, share: 1, judgedAt: epochMs(0) };
    this.#paces.set(diskId, pace);
    return pace;
  }

  #judge(diskId: DiskId, pace: DiskPace): void {
    const now = this.#clock.now();
    const periods = Math.floor(Math.abs(now - pace.judgedAt) / JUDGED_EVERY_MS);
    if (periods === 0) return;
    pace.judgedAt = now;
    pace.share =
      this.#pressure(diskId) > BUSY_PRESSURE
        ? Math.max(SHARE_MIN, pace.share * SLOWER_BY)
        : Math.min(1, pace.share + FASTER_BY * periods);
  }
}
