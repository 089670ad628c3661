export const yieldToOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Long work in slices: others get their turn after each, and the work ends there when it is told to. */
export class Slices {
  readonly #length: number;
  readonly #signal: AbortSignal | undefined;
  #done = 0;

  /** @param length steps that are done in one go. */
  constructor(length: number, signal?: AbortSignal) {
    this.#length = length;
    this.#signal = signal;
  }

  /** Call it once a step. Rejects with the signal's reason when that has aborted. */
  next(): Promise<void> | undefined {
    this.#done += 1;
    return this.#done % this.#length === 0 ? this.#rest() : undefined;
  }

  async #rest(): Promise<void> {
    await yieldToOthers();
    this.#signal?.throwIfAborted();
  }
}
