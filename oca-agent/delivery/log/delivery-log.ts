import { join } from 'node:path';
import type { Clock } from '#domain/clock.ts';
import { type Bytes, type EpochMs, elapsed, seconds } from '#domain/units.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { FileSystem, OpenFile } from '../../platform/file-system.ts';
import { type DeliveryRecord, formatRecord } from './delivery-record.ts';

export interface DeliveryLogOptions {
  readonly folder: string;
  /** Of all files together: the oldest go. 0: nothing is logged. */
  readonly sizeBytesMax: Bytes;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
}

const WRITE_EVERY = seconds(1);
/** Lines that wait to be written; what comes when they are more is dropped, and counted. About 30,000 lines. */
const WAITING_BYTES_MAX = 8 * 2 ** 20;
/** A file is closed at this size, or after so long, and another begun. Assumption: as large as one likes to ship at a time. */
const FILE_BYTES_MAX = 64 * 2 ** 20;
const FILE_LIFETIME = seconds(3600);
const FILE_NAME = /^delivery-(\d{13,15})\.jsonl$/;

/**
 * The delivery log: JSON lines in files `delivery-<begun, ms>.jsonl`. A request never waits for it, and it never takes more
 * than its share of the disk: what cannot be written is dropped, and counted.
 */
export class DeliveryLog {
  /** Lines that were not written. */
  droppedLines = 0;
  readonly #options: DeliveryLogOptions;
  #waiting: string[] = [];
  #waitingLength = 0;
  #file: LogFile | undefined;
  #isFailing = false;

  constructor(options: DeliveryLogOptions) {
    this.#options = options;
  }

  note(record: DeliveryRecord): void {
    if (this.#options.sizeBytesMax === 0) return;
    const line = formatRecord(record);
    if (this.#waitingLength + line.length > WAITING_BYTES_MAX) {
      this.droppedLines += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
  }

  /** Writes every second until `signal`, and then once more. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#options.sizeBytesMax === 0) return;
    while (!signal.aborted) {
      await this.#options.clock.sleep(WRITE_EVERY, signal);
      await this.#write();
    }
    await this.#close().catch(() => undefined);
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    this.#waiting = [];
    this.#waitingLength = 0;
    try {
      const chunk = Buffer.from(lines.join(''));
      const file = await this.#current();
      await file.open.write(chunk, file.sizeBytes);
      file.sizeBytes += chunk.length;
      this.#isFailing = false;
    } catch (error) {
      this.droppedLines += lines.length;
      if (!this.#isFailing) this.#options.log('delivery.log.unwritten', failureFacts(error));
      this.#isFailing = true;
      await this.#close().catch(() => undefined);
    }
  }

  async #current(): Promise<LogFile> {
    const { folder, files, clock } = this.#options;
    const now = clock.now();
    if (this.#file && !this.#isOver(this.#file, now)) return this.#file;
    await this.#close();
    await files.makeFolder(folder);
    await this.#makeRoom();
    const open = await files.create(join(folder, `delivery-${now}.jsonl`), { isPrivate: true });
    this.#file = { open, begunAt: now, sizeBytes: 0 };
    return this.#file;
  }

  #isOver({ begunAt, sizeBytes }: LogFile, now: EpochMs): boolean {
    return sizeBytes >= this.#fileBytesMax || elapsed(begunAt, now) >= FILE_LIFETIME;
  }
  /** Several files share the room, so that most of it stays when one goes. */
  get #fileBytesMax(): number {
    return Math.min(FILE_BYTES_MAX, this.#options.sizeBytesMax / 4);
  }

  /** Removes the oldest files, until one more of full size has room. */
  async #makeRoom(): Promise<void> {
    const { folder, files, sizeBytesMax } = this.#options;
    const names = (await files.list(folder)).filter((name) => FILE_NAME.test(name));
    names.sort((one, other) => begunOf(other) - begunOf(one));
    let left = sizeBytesMax - this.#fileBytesMax;
    for (const name of names) {
      const path = join(folder, name);
      left -= (await files.stat(path))?.sizeBytes ?? 0;
      if (left < 0) await files.remove(path);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.open.close();
  }
}

interface LogFile {
  readonly open: OpenFile;
  readonly begunAt: EpochMs;
  sizeBytes: number;
}

const begunOf = (name: string): number => Number(FILE_NAME.exec(name)?.[1]);
