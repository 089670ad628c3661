import type { Clock } from '#domain/clock.ts';
import { type ErrorCode, errorKind } from '#domain/errors.ts';
import type { Random } from '#domain/random.ts';
import { type BitsPerSecond, bitsPerSecond, bytes, type Milliseconds } from '#domain/units.ts';
import { type DeliveryCounters, FIRST_BYTE_SAMPLES_MAX } from '#protocol/oca-report.ts';
import { Reservoir } from './reservoir.ts';

/** Long enough to smooth over segments, short enough to see a surge. */
const WINDOW_SECONDS = 5;

/** Counts what is delivered since the start, and knows the rate of the last seconds. */
export class DeliveryMeter {
  requests = 0;
  hits = 0;
  misses = 0;
  #refusals = 0;
  #failures = 0;
  #clientErrors = 0;
  #hitBytes = 0;
  #missBytes = 0;
  readonly #clock: Clock;
  /** Bytes sent in second `n`, at `n` modulo the length; the second itself beside it. */
  readonly #sent = Array.from({ length: WINDOW_SECONDS + 1 }, () => ({ second: -1, bytes: 0 }));
  readonly #firstBytes: Reservoir;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#firstBytes = new Reservoir(FIRST_BYTE_SAMPLES_MAX, random);
  }

  /** A request that was refused, or that failed. `asset-not-stored` tells a peer to go on, and is nobody's error. */
  countRefusal(code: ErrorCode): void {
    const { status, source } = errorKind(code);
    if (status >= 500 && source !== 'downstream') this.#failures += 1;
    else this.#refusals += 1;
    if (status >= 400 && status < 500) this.#clientErrors += 1;
  }

  /** A request of which not even the path is known. */
  countUnreadable(): void {
    this.requests += 1;
    this.countRefusal('request-invalid');
  }

  /** How long the upstream took to begin its answer to a miss fetch. */
  countFirstByte(waited: Milliseconds): void {
    this.#firstBytes.add(Math.round(waited));
  }

  /** A sample of those times since {@link clearFirstBytes}. */
  get originFirstByteMs(): readonly number[] {
    return this.#firstBytes.values;
  }
  clearFirstBytes(): void {
    this.#firstBytes.clear();
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
    const { requests, hits, misses } = this;
    return {
      requests,
      hits,
      misses,
      refusals: this.#refusals,
      failures: this.#failures,
      clientErrors: this.#clientErrors,
      serverErrors: this.#failures,
      hitBytes: bytes(this.#hitBytes),
      missBytes: bytes(this.#missBytes),
    };
  }
}
