import { CdnError } from '#domain/errors.ts';

/** Tells people how the start gets on: a line when a step is done, with the time it took. */
export class Progress {
  readonly #print: (line: string) => void;
  readonly #isCancelled: () => boolean;

  /** No step is begun once `isCancelled`. */
  constructor(print: (line: string) => void, isCancelled: () => boolean) {
    this.#print = print;
    this.#isCancelled = isCancelled;
  }

  /** Runs a step. `describe` says in a few words what came of it, e.g. a URL. */
  async step<T>(name: string, run: () => Promise<T>, describe: (outcome: T) => string): Promise<T> {
    if (this.#isCancelled()) throw new CdnError('start-failed', 'stopped before it was ready');
    const startedAt = performance.now();
    const outcome = await run();
    const tookSeconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (!this.#isCancelled())
      this.#print(`✓ ${name.padEnd(14)} ${describe(outcome)} (${tookSeconds} s)`);
    return outcome;
  }

  note(text: string): void {
    this.#print(`  ${text}`);
  }
}
