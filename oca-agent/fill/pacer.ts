import type { Clock } from '#domain/clock.ts';
import type { BitsPerSecond, EpochMs } from '#domain/units.ts';
import { epochMs, milliseconds } from '#domain/units.ts';

/** What was not used within this time may be caught up with. */
const BURST_MS = 250;
/** No transfer waits longer, even after the clock was set back. */
const WAIT_MAX_MS = 60_000;

/** Holds all that takes from it together to one rate: a token bucket that is kept as the instant at which it has room again. */
export class Pacer {
  readonly #clock: Clock;
  readonly #rate: () => BitsPerSecond | undefined;
  #freeAt: EpochMs = epochMs(0);

  /** @param rate undefined: as fast as it goes. One that changes is asked for anew each time. */
  constructor(clock: Clock, rate: BitsPerSecond | undefined | (() => BitsPerSecond | undefined)) {
    this.#clock = clock;
    this.#rate = typeof rate === 'function' ? rate : () => rate;
  }

  /** Resolves when `sizeBytes` more may be taken in. */
  async take(sizeBytes: number, signal: AbortSignal): Promise<void> {
    const rate = this.#rate();
    if (rate === undefined) return;
    const now = this.#clock.now();
    const startsAt = Math.min(Math.max(this.#freeAt, now - BURST_MS), now + WAIT_MAX_MS);
    this.#freeAt = epochMs(startsAt + (sizeBytes * 8 * 1000) / rate);
    if (this.#freeAt > now) await this.#clock.sleep(milliseconds(this.#freeAt - now), signal);
  }
}
