import { bytes, epochMs } from '#domain/units.ts';
import type { ScrubReport } from '#protocol/oca-report.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { DiskScrub, type DiskScrubOptions } from './disk-scrub.ts';

export interface ScrubOptions extends Omit<DiskScrubOptions, 'volume' | 'index'> {
  readonly store: AssetStore;
}

/** The verification of everything that the disks hold: a round for each disk, side by side. */
export class Scrub {
  readonly disks: readonly DiskScrub[];
  readonly #options: ScrubOptions;

  constructor(options: ScrubOptions) {
    this.#options = options;
    const { store, ...rest } = options;
    this.disks = [...store.volumes].map(
      (volume) => new DiskScrub({ ...rest, volume, index: store.index }),
    );
  }

  /** Begins a round on every disk, and goes through with it as fast as upkeep may. */
  hurry(): void {
    for (const disk of this.disks) disk.hurry();
  }

  /** A round that the operator ordered has not come to its end. */
  get isUrgent(): boolean {
    return this.disks.some((disk) => disk.isUrgent);
  }

  report(): ScrubReport {
    const { verifier } = this.#options;
    const rounds = this.disks.flatMap(({ round }) => round ?? []);
    const startedAts = rounds.map((round) => round.startedAt);
    const completedAts = rounds.flatMap(({ completedAt }) => completedAt ?? []);
    const isEachCompleted = rounds.length > 0 && completedAts.length === rounds.length;
    return {
      ...(rounds.length === 0 ? {} : { startedAt: epochMs(Math.min(...startedAts)) }),
      verifiedBytes: bytes(sum(this.disks.map(verifiedBytesOf))),
      totalBytes: bytes(sum(this.disks.map((disk) => disk.totalBytes))),
      ...(isEachCompleted ? { completedAt: epochMs(Math.max(...completedAts)) } : {}),
      repairedAssets: verifier.repairedAssets,
      lostAssets: verifier.lostAssets,
    };
  }

  /** Keeps how far it has come. */
  async close(): Promise<void> {
    await this.#options.book.write();
  }
}

/** What has come since a round ended was verified when it came; what has gone needs no verification. */
const verifiedBytesOf = ({ round, totalBytes }: DiskScrub): number =>
  round?.isComplete ? totalBytes : Math.min(totalBytes, round?.verifiedBytes ?? 0);

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
