import type { Clock } from '#domain/clock.ts';
import { compareLatencies } from '#domain/disks/compare-latencies.ts';
import { type DiskVitals, judgeHealth } from '#domain/disks/judge-health.ts';
import type { DiskId } from '#domain/ids.ts';
import { type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import { TIERS, type Tier } from '#protocol/fields.ts';
import type { FileSystem } from '../platform/file-system.ts';
import type { DiskGuard } from './disk-guard.ts';
import { parseDiskHealth } from './disk-health-file.ts';

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

/** Looks at every disk now and then: is it in its place, slower than the others, ill by its own account, filled again? */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #disks: readonly WatchedDisk[];
  readonly #firstVitals = new Map<DiskId, DiskVitals>();

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#disks = [...options.disks];
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
    await Promise.all(this.#disks.map((disk) => disk.look()));
    for (const tier of TIERS) this.#compareTier(tier);
    await this.#readHealth();
    if (!this.#options.isFillComplete()) return;
    for (const disk of this.#disks) disk.noteFilled();
  }

  #compareTier(tier: Tier): void {
    const p99ByDisk = new Map<DiskId, Milliseconds>();
    const disks = this.#disks.filter(({ disk }) => disk.tier === tier);
    for (const { disk, guard } of disks) {
      const p99 = guard.latencies.takeP99();
      if (p99 !== undefined) p99ByDisk.set(disk.diskId, p99);
    }
    const compared = compareLatencies(p99ByDisk, MEDIAN_FLOOR[tier]);
    for (const { disk, guard } of disks) {
      const comparison = compared.get(disk.diskId);
      if (comparison) guard.learn({ kind: 'latency', ...comparison });
    }
  }

  async #readHealth(): Promise<void> {
    const { files, diskHealthFile } = this.#options;
    if (diskHealthFile === undefined) return;
    const text = await files.readText(diskHealthFile).catch(() => undefined);
    const health = text === undefined ? undefined : parseDiskHealth(text);
    if (!health) return;
    for (const { disk, guard } of this.#disks) {
      const vitals = health.vitalsByPath.get(disk.path);
      if (!vitals) continue;
      // A medium that has just been put in has counts of its own.
      const isNew = guard.status.replaced !== undefined;
      const first = (isNew ? undefined : this.#firstVitals.get(disk.diskId)) ?? vitals;
      this.#firstVitals.set(disk.diskId, first);
      guard.learn({ kind: 'health', finding: judgeHealth(vitals, first) });
    }
  }
}
