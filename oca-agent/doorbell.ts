import type { Clock } from '#domain/clock.ts';
import type { Milliseconds } from '#domain/units.ts';

/** Lets a loop sleep for its interval and wakes it early. A ring while nobody sleeps is not lost. */
export class Doorbell {
  readonly #clock: Clock;
  #rung = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung.abort();
  }

  /** Resolves after `duration`, at the next ring, or when `signal` aborts. */
  async wait(duration: Milliseconds, signal: AbortSignal): Promise<void> {
    const early = AbortSignal.any([signal, this.#rung.signal]);
    if (!early.aborted) await this.#clock.sleep(duration, early);
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
  }
}
