import type { DiskId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import {
  decodeJson,
  integer,
  list,
  literal,
  object,
  optional,
  text,
  truth,
} from '#protocol/decode.ts';
import { diskId, instant } from '#protocol/fields.ts';
import { type FileSystem, replaceText } from '../platform/file-system.ts';

/** How far the verification of one disk has come. */
export interface DiskRound {
  readonly startedAt: EpochMs;
  /** The last that was verified: `asset <id>` or `parity <name>`, in that order; empty at the start. */
  readonly position: string;
  readonly verifiedBytes: number;
  /** The round has come to its end. */
  readonly isComplete: boolean;
  /** When a round last came to its end. */
  readonly completedAt?: EpochMs | undefined;
}

const book = object({
  version: literal(1),
  rounds: list(
    object({
      diskId,
      startedAt: instant,
      position: text({ lengthMax: 128 }),
      verifiedBytes: integer(),
      isComplete: truth,
      completedAt: optional(instant),
    }),
  ),
});

/** Keeps the rounds in a small file, so that a scrub goes on after a restart where it was. */
export class ScrubBook {
  readonly rounds = new Map<DiskId, DiskRound>();
  readonly #files: FileSystem;
  readonly #path: string;
  #isChanged = false;
  #written: Promise<void> = Promise.resolve();

  constructor(files: FileSystem, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** A file that cannot be read counts as absent: the rounds begin anew. */
  async load(): Promise<void> {
    const content = await this.#files.readText(this.#path).catch(() => undefined);
    const decoded = content === undefined ? undefined : decodeJson(book, content);
    if (!decoded?.ok) return;
    for (const { diskId: id, ...round } of decoded.value.rounds) this.rounds.set(id, round);
  }

  note(id: DiskId, round: DiskRound): void {
    this.rounds.set(id, round);
    this.#isChanged = true;
  }

  /** Writes what has changed. What a crash takes back is verified once more. */
  write(): Promise<void> {
    if (!this.#isChanged) return this.#written;
    this.#isChanged = false;
    const rounds = [...this.rounds].map(([id, round]) => ({ diskId: id, ...round }));
    const content = `${JSON.stringify({ version: 1, rounds })}\n`;
    const writing = this.#written.then(() => replaceText(this.#files, this.#path, content));
    this.#written = writing.catch(() => {
      this.#isChanged = true;
    });
    return this.#written;
  }
}
