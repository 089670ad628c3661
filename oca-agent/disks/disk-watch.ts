import type { Clock } from '#domain/clock.ts';
import { compareLatency } from '#domain/disks/compare-latency.ts';
import type { LatencyTail } from '#domain/disks/latency-window.ts';
import type { DiskId } from '#domain/ids.ts';
import { type EpochMs, elapsed, type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import { TIERS, type Tier } from '#protocol/fields.ts';
import type { Log } from '../log.ts';
import type { FileSystem } from '../platform/file-system.ts';
import type { DiskGuard } from './disk-guard.ts';
import { HealthWatch } from './health-watch.ts';

/** What the watch needs of a disk. */
export interface WatchedDisk {
  readonly disk: { readonly diskId: DiskId; readonly tier: Tier; readonly path: string };
  readonly guard: DiskGuard;
  look(): Promise<void>;
  noteFilled(): void;
}

export interface DiskWatchOptions {
  readonly disks: Iterable<WatchedDisk>;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** See disk-health-file.ts. Absent: not looked at. */
  readonly diskHealthFile?: string | undefined;
  /** What the plan wants is there: a disk that was replaced is an ordinary one again. */
  readonly isFillComplete: () => boolean;
}

const LOOK_EVERY = seconds(10);
/** Below these the median of the others counts as this: a page that memory answers says nothing of a disk. Assumption. */
const MEDIAN_FLOOR: Readonly<Record<Tier, Milliseconds>> = {
  flash: milliseconds(2),
  hdd: milliseconds(20),
};
/** How long the last window of a disk is a measure for the others. Source: the longest window, latency-window.ts. */
const TAIL_COUNTS_FOR = seconds(600);

/** Looks at every disk now and then: is it in its place, slower than the others, ill by its own account, filled again? */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #disks: readonly WatchedDisk[];
  readonly #health: HealthWatch | undefined;
  readonly #tails = new Map<DiskId, { readonly tail: LatencyTail; readonly at: EpochMs }>();

  constructor(options: DiskWatchOptions) {
    const { diskHealthFile } = options;
    this.#options = options;
    this.#disks = [...options.disks];
    if (diskHealthFile !== undefined)
      this.#health = new HealthWatch({ ...options, disks: this.#disks, diskHealthFile });
  }

  /** Why it is not known what the disks say of themselves; undefined while it is, or nobody asks for it. */
  get healthTrouble(): string | undefined {
    return this.#health?.trouble;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY, signal);
      if (!signal.aborted) await this.look();
    }
  }

  /** Never rejects. */
  async look(): Promise<void> {
    await this.#lookAtAll();
    for (const tier of TIERS) this.#compareTier(tier);
    await this.#health?.look();
    if (!this.#options.isFillComplete()) return;
    for (const disk of this.#disks) disk.noteFilled();
  }

  /** A disk that hangs holds up nobody else. */
  async #lookAtAll(): Promise<void> {
    const looked = new AbortController();
    await Promise.race([
      Promise.all(this.#disks.map((disk) => disk.look())),
      this.#options.clock.sleep(LOOK_EVERY, looked.signal),
    ]);
    looked.abort();
  }

  /** Each disk whose window has ended is compared with the last windows of the others. */
  #compareTier(tier: Tier): void {
    const now = this.#options.clock.now();
    const disks = this.#disks.filter(({ disk }) => disk.tier === tier);
    const ended = disks.flatMap(({ disk, guard }) => {
      const tail = guard.latencies.take(now);
      if (tail) this.#tails.set(disk.diskId, { tail, at: now });
      return tail ? [{ disk, guard, tail }] : [];
    });
    for (const { disk, guard, tail } of ended) {
      const others = disks.flatMap(({ disk: { diskId } }) => {
        const last = this.#tails.get(diskId);
        const isMeasure = diskId !== disk.diskId && last;
        return isMeasure && elapsed(last.at, now) <= TAIL_COUNTS_FOR ? [last.tail] : [];
      });
      const comparison = compareLatency(tail, others, MEDIAN_FLOOR[tier]);
      if (comparison) guard.learn({ kind: 'latency', ...comparison });
    }
  }
}
