import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killed } from './commands.ts';
import { programFile } from './program-files.ts';

/** One program of `programs/` in a process of its own; each line that it prints says what has happened by then. */
export class Child {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(program: string, task: unknown, environment: Record<string, string> = {}) {
    this.#process = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', programFile(program), JSON.stringify(task)],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...environment } },
    );
    const reader = createInterface({ input: this.#process.stdout ?? process.stdin });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.#wake();
    });
    this.#ended = new Promise((resolve) => reader.once('close', resolve));
    void this.#ended.then(() => this.#wake());
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The rest of every line that begins with `word`. */
  said(word: string): string[] {
    return this.lines.flatMap((line) =>
      line.startsWith(`${word} `) || line === word ? [line.slice(word.length + 1)] : [],
    );
  }

  /** Resolves when it has printed `count` lines that begin with `word`. @throws when it ends before. */
  async until(word: string, count = 1): Promise<void> {
    let hasEnded = false;
    void this.#ended.then(() => {
      hasEnded = true;
    });
    while (this.said(word).length < count) {
      if (hasEnded) throw new Error(`the program ended before "${word}": ${this.lines.at(-1)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Tells it something, in one line. */
  tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** Ends it at once; resolves when every line that it printed has been read. */
  async kill(): Promise<void> {
    await killed(this.#process);
    await this.#ended;
  }

  /** Resolves with its exit code when it ends by itself. */
  async ended(): Promise<number | null> {
    await this.#ended;
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await new Promise((resolve) => this.#process.once('exit', resolve));
    return this.#process.exitCode;
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
