import type { Clock } from '#domain/clock.ts';
import type { DiskId } from '#domain/ids.ts';
import { type EpochMs, elapsed, seconds } from '#domain/units.ts';
import type { Log } from '../log.ts';
import type { FileSystem } from '../platform/file-system.ts';
import type { DiskGuard } from './disk-guard.ts';
import { type DiskHealth, healthTrouble, parseDiskHealth } from './disk-health-file.ts';

interface JudgedDisk {
  readonly disk: { readonly diskId: DiskId; readonly path: string };
  readonly guard: DiskGuard;
}

interface HealthWatchOptions {
  readonly disks: readonly JudgedDisk[];
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** See disk-health-file.ts. */
  readonly diskHealthFile: string;
}

/** The unit oca-health may begin later than the agent, and may fail once. */
const TROUBLE_TOLD_AFTER = seconds(600);

/** Reads what the disks say of themselves, and minds when nobody writes that any more. */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #trouble: { readonly reason: string; readonly since: EpochMs } | undefined;
  #isTold = false;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  /** Why the disks' health is not known, for ten minutes or more; undefined while it is. */
  get trouble(): string | undefined {
    return this.#isTold ? this.#trouble?.reason : undefined;
  }

  /** What cannot be relied on changes nothing of what is known. Never rejects. */
  async look(): Promise<void> {
    const { files, clock, disks, diskHealthFile } = this.#options;
    const text = await files.readText(diskHealthFile).catch(() => undefined);
    const health = text === undefined ? undefined : parseDiskHealth(text);
    const wanted = disks.map(({ disk }) => disk);
    this.#note(healthTrouble(health, wanted, clock.now()));
    if (health) for (const one of disks) judge(one, health);
  }

  #note(reason: string | undefined): void {
    const { clock, log, diskHealthFile: file } = this.#options;
    const now = clock.now();
    this.#trouble = reason === undefined ? undefined : { since: now, ...this.#trouble, reason };
    const isLong =
      this.#trouble !== undefined && elapsed(this.#trouble.since, now) >= TROUBLE_TOLD_AFTER;
    if (isLong === this.#isTold) return;
    this.#isTold = isLong;
    if (isLong) log('store.health.unknown', { file, reason: reason ?? '' });
    else log('store.health.known', { file });
  }
}

/** An account that is older than the medium is of another one. */
function judge({ disk, guard }: JudgedDisk, { writtenAt, vitalsByPath }: DiskHealth): void {
  const vitals = vitalsByPath.get(disk.path);
  const { vitalsCountFrom } = guard.status;
  const isOlder =
    writtenAt !== undefined && vitalsCountFrom !== undefined && writtenAt < vitalsCountFrom;
  if (vitals && !isOlder) guard.learn({ kind: 'health', vitals });
}
