import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CdnError } from '#domain/errors.ts';

/** How to start one of the CDN's programs. */
export interface ChildProgram {
  /** `origin`, `edge` or `oca`: a child is ready when it writes the event `<part>.ready`. */
  readonly part: string;
  /** For people and logs, e.g. `metro-1`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Takes every line that the child writes. */
  readonly write: (line: string) => void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LAST_LINES_MAX = 5;
const READY_WITHIN_MS = 15_000;
/** A child stops within 2 s of SIGTERM; what is still there after this is killed. */
const STOP_WITHIN_MS = 3000;

/**
 * One running child. It lives in a process group of its own, so that Ctrl-C in the terminal reaches it by us alone, and
 * its stdin is a pipe that ends with this process, however this process ends: that is its sign to stop.
 */
export class Child {
  readonly name: string;
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  readonly #ready: Promise<void>;
  /** The last lines that it wrote, for when it dies. */
  readonly #lastLines: string[] = [];
  #isRunning = true;

  constructor(program: ChildProgram) {
    this.name = program.name;
    this.#process = spawn(process.execPath, [program.file, ...program.args], {
      env: { ...program.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.exited = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#lastLines.push(String(error));
        resolve({ code: null, signal: null });
      });
      this.#process.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.exited.then(() => {
      this.#isRunning = false;
    });
    // The pipe breaks when the child dies; its exit tells that already.
    this.#process.stdin?.on('error', () => undefined);
    this.#ready = this.#readLines(program);
  }

  /** @throws CdnError `start-failed` when the child ends before it says that it is ready, or takes too long. */
  async ready(): Promise<void> {
    const settled = new AbortController();
    const failure = await Promise.race([
      this.#ready,
      this.exited.then(({ code, signal }) => `ended with ${signal ?? `code ${code}`}`),
      sleep(READY_WITHIN_MS, `was not ready within ${READY_WITHIN_MS / 1000} s`, settled).catch(
        () => undefined,
      ),
    ]);
    settled.abort();
    if (failure === undefined) return;
    const lines = this.#lastLines.map((line) => `\n  ${line}`).join('');
    throw new CdnError('start-failed', `${this.name} ${failure}; the last of its log:${lines}`);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves when the process is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.kill(signal);
    const straggling = setTimeout(() => this.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.exited;
    clearTimeout(straggling);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#isRunning) this.#process.kill(signal);
  }

  /** Hands every line on, and resolves at the one that says "ready". */
  #readLines({ part, write }: ChildProgram): Promise<void> {
    const ready = Promise.withResolvers<void>();
    const take = (line: string) => {
      write(line);
      this.#lastLines.push(line);
      if (this.#lastLines.length > LAST_LINES_MAX) this.#lastLines.shift();
      if (line.includes(`"${part}.ready"`)) ready.resolve();
    };
    for (const input of [this.#process.stdout, this.#process.stderr])
      if (input) createInterface({ input }).on('line', take);
    return ready.promise;
  }
}
