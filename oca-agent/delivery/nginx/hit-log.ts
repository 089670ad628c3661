import type { Clock } from '#domain/clock.ts';
import { milliseconds, seconds } from '#domain/units.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { FileSystem, OpenFile } from '../../platform/file-system.ts';
import { type Hit, parseHit, refusedStatus } from './hit-line.ts';

export interface HitLogOptions {
  readonly path: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  readonly reopen: () => Promise<void>;
  readonly onHit: (hit: Hit) => void;
  /** nginx refused a request itself. */
  readonly onRefused: (status: number) => void;
}

const READ_EVERY = milliseconds(500);
const READ_BYTES = 1024 * 1024;
/** A file is put aside at this size, read to its end, and removed. */
const FILE_BYTES_MAX = 16 * 2 ** 20;
/** nginx's workers write what they hold back within a second, and open the new file a moment after the signal. */
const SETTLED_AFTER = seconds(5);

/**
 * Reads what nginx notes of hits, while nginx writes it: nginx never waits for us. How far it was read stands beside it, so
 * that a restart reads on from there. A file that is put aside gets another name and is read once more when no worker can
 * be writing to it any longer.
 */
export class HitLog {
  readonly #options: HitLogOptions;
  #position = 0;

  constructor(options: HitLogOptions) {
    this.#options = options;
  }

  /** Reads until `signal`, and once more then. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, files, log } = this.#options;
    let isFailing = false;
    await this.#restore();
    while (!signal.aborted) {
      await clock.sleep(READ_EVERY, signal);
      try {
        await this.#read();
        if (this.#position > FILE_BYTES_MAX) await this.#putAside(signal);
        isFailing = false;
      } catch (error) {
        if (!isFailing) log('nginx.hits.unread', failureFacts(error));
        isFailing = true;
      }
    }
    if (!(await files.stat(this.#aside))) await this.#read().catch(() => undefined);
  }

  get #aside(): string {
    return `${this.#options.path}.aside`;
  }
  get #mark(): string {
    return `${this.#options.path}.read`;
  }

  async #restore(): Promise<void> {
    const { files, path } = this.#options;
    const saved = Number(await files.readText(this.#mark));
    if (await files.stat(this.#aside)) {
      this.#position = Number.isSafeInteger(saved) ? saved : 0;
      return this.#finishAside();
    }
    const sizeBytes = (await files.stat(path))?.sizeBytes ?? 0;
    this.#position = Number.isSafeInteger(saved) && saved <= sizeBytes ? saved : 0;
  }

  async #read(): Promise<void> {
    const { files, path } = this.#options;
    const before = this.#position;
    await this.#readFile(path);
    if (this.#position === before) return;
    const mark = `${this.#mark}.new`;
    await files.remove(mark);
    const file = await files.create(mark, { isPrivate: true });
    await file
      .write(new TextEncoder().encode(String(this.#position)), 0)
      .finally(() => file.close());
    await files.rename(mark, this.#mark);
  }

  async #readFile(path: string): Promise<void> {
    const { files } = this.#options;
    if (!(await files.stat(path))) return;
    const file = await files.open(path);
    try {
      while (await this.#readPart(file));
    } finally {
      await file.close();
    }
  }

  /** Takes in whole lines; the beginning of one waits for its end. True: there may be more. */
  async #readPart(file: OpenFile): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const count = await file.read(buffer, this.#position);
    if (count === 0) return false;
    const end = buffer.subarray(0, count).lastIndexOf(0x0a) + 1;
    if (end === 0 && count < READ_BYTES) return false;
    const taken = end === 0 ? count : end;
    for (const line of buffer.toString('latin1', 0, taken).split('\n')) this.#take(line);
    this.#position += taken;
    return true;
  }

  #take(line: string): void {
    const status = refusedStatus(line);
    const hit = status === undefined ? parseHit(line) : undefined;
    if (status !== undefined) this.#options.onRefused(status);
    if (hit) this.#options.onHit(hit);
  }

  async #putAside(signal: AbortSignal): Promise<void> {
    const { files, path, reopen, clock } = this.#options;
    await files.rename(path, this.#aside);
    await reopen();
    await clock.sleep(SETTLED_AFTER, signal);
    if (!signal.aborted) await this.#finishAside();
  }

  async #finishAside(): Promise<void> {
    const { files } = this.#options;
    await this.#readFile(this.#aside);
    await files.remove(this.#aside);
    await files.remove(this.#mark);
    this.#position = 0;
  }
}
