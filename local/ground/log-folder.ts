import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** Writes one JSON line: an event's name and its facts, units in their keys. */
export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** One file a part in the data folder. */
export class LogFolder {
  readonly #folder: string;
  readonly #echo: ((line: string) => void) | undefined;
  readonly #files = new Map<string, WriteStream>();

  /** `echo`, if given, sees every line too, with its part's name in front. */
  constructor(folder: string, echo?: (line: string) => void) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#echo = echo;
  }

  /** Where a part's own output goes, line by line. */
  lines(part: string): (line: string) => void {
    const file = this.#open(part);
    return (line) => {
      file.write(`${line}\n`);
      this.#echo?.(`${part.padEnd(12)} ${line}`);
    };
  }

  logger(part: string): Log {
    const write = this.lines(part);
    return (event, facts = {}) =>
      write(JSON.stringify({ at: new Date().toISOString(), event, ...facts }));
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    await Promise.all(files.map((file) => new Promise<void>((resolve) => file.end(resolve))));
  }

  #open(part: string): WriteStream {
    const known = this.#files.get(part);
    if (known) return known;
    const file = createWriteStream(join(this.#folder, `${part}.log`), { flags: 'a' });
    // Logs fail open: a full disk must not stop the CDN.
    file.on('error', () => undefined);
    this.#files.set(part, file);
    return file;
  }
}
