import type { Clock } from '#domain/clock.ts';
import { type BitsPerSecond, bitsPerSecond, bytes } from '#domain/units.ts';
import type { DeliveryCounters } from '#protocol/oca-report.ts';

/** Long enough to smooth over segments, short enough to see a surge. */
const WINDOW_SECONDS = 5;

/** Counts what is delivered since the start, and knows the rate of the last seconds. */
export class DeliveryMeter {
  requests = 0;
  hits = 0;
  misses = 0;
  refusals = 0;
  failures = 0;
  #hitBytes = 0;
  #missBytes = 0;
  readonly #clock: Clock;
  /** Bytes sent in second `n`, at `n` modulo the length; the second itself beside it. */
  readonly #sent = Array.from({ length: WINDOW_SECONDS + 1 }, () => ({ second: -1, bytes: 0 }));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  countSent(outcome: 'hit' | 'miss', sizeBytes: number): void {
    if (outcome === 'hit') this.#hitBytes += sizeBytes;
    else this.#missBytes += sizeBytes;
    const second = Math.floor(this.#clock.now() / 1000);
    const slot = this.#sent[second % this.#sent.length];
    if (!slot) return;
    if (slot.second !== second) Object.assign(slot, { second, bytes: 0 });
    slot.bytes += sizeBytes;
  }

  /** Mean over the last whole seconds. */
  egress(): BitsPerSecond {
    const current = Math.floor(this.#clock.now() / 1000);
    const isRecent = ({ second }: { second: number }) =>
      second < current && second >= current - WINDOW_SECONDS;
    const sentBytes = this.#sent.filter(isRecent).reduce((sum, slot) => sum + slot.bytes, 0);
    return bitsPerSecond((sentBytes * 8) / WINDOW_SECONDS);
  }

  counters(): DeliveryCounters {
    const { requests, hits, misses, refusals, failures } = this;
    return {
      requests,
      hits,
      misses,
      refusals,
      failures,
      hitBytes: bytes(this.#hitBytes),
      missBytes: bytes(this.#missBytes),
    };
  }
}
