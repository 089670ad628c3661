/** What has to end when the run ends, in this order: what is in one phase ends together. */
const PHASES = ['processes', 'servers', 'files'] as const;
export type Phase = (typeof PHASES)[number];

interface Ending {
  readonly phase: Phase;
  readonly stop: () => unknown;
  readonly kill: (() => void) | undefined;
}

/** Collects what was started, and ends it all once, whether the start was finished or not. */
export class Teardown {
  readonly #endings: Ending[] = [];
  #ended: Promise<void> | undefined;

  /** `kill` is the way to end it at once and without waiting, for what can outlive this process. */
  add(phase: Phase, stop: () => unknown, kill?: () => void): void {
    this.#endings.push({ phase, stop, kill });
    if (this.#ended) kill?.();
  }

  get hasBegun(): boolean {
    return this.#ended !== undefined;
  }

  /** Ends everything; called again, it waits for the first call. Never rejects: what cannot be ended holds up nothing. */
  run(): Promise<void> {
    this.#ended ??= this.#run();
    return this.#ended;
  }

  /** Ends at once, in the same order, what could outlive this process. */
  kill(): void {
    for (const phase of PHASES)
      for (const ending of this.#endings) if (ending.phase === phase) ending.kill?.();
  }

  async #run(): Promise<void> {
    for (const phase of PHASES) {
      const endings = this.#endings.filter((ending) => ending.phase === phase);
      await Promise.allSettled(endings.map(async ({ stop }) => stop()));
    }
  }
}
