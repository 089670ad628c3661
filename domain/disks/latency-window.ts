import { type EpochMs, elapsed, type Milliseconds, milliseconds, seconds } from '../units.ts';

/** Powers of two: 1 ms to 2^20 ms, 17 minutes. */
const BUCKETS = 21;
/** Fewer say nothing about one in a hundred, or one in twenty. */
const P99_READS_MIN = 100;
const P95_READS_MIN = 20;
/** A disk that is read seldom has so long to come to twenty reads; what is older than ten minutes says nothing of now. */
const P95_AFTER = seconds(60);
const WINDOW_MAX = seconds(600);

/** The slow end of the reads of one window. */
export interface LatencyTail {
  readonly p95: Milliseconds;
  /** Undefined where the reads were too few for it. */
  readonly p99: Milliseconds | undefined;
  /** How long the window was. */
  readonly duration: Milliseconds;
}

/** How long the reads of one window took, counted in powers of two. A window is as long as it takes to learn something. */
export class LatencyWindow {
  readonly #counts = new Uint32Array(BUCKETS);
  #reads = 0;
  #beganAt: EpochMs;

  constructor(now: EpochMs) {
    this.#beganAt = now;
  }

  note(duration: Milliseconds): void {
    const bucket = Math.min(BUCKETS - 1, Math.ceil(Math.log2(Math.max(1, duration))));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#reads += 1;
  }

  /**
   * Ends the window and begins the next, when it has 100 reads, or 20 and a minute is over; undefined while it has not.
   * Percentiles are rounded up to a power of two.
   */
  take(now: EpochMs): LatencyTail | undefined {
    const duration = elapsed(this.#beganAt, now);
    const isTold =
      this.#reads >= P99_READS_MIN || (this.#reads >= P95_READS_MIN && duration >= P95_AFTER);
    if (!isTold && this.#reads > 0 && duration < WINDOW_MAX) return undefined;
    const p99 = this.#reads >= P99_READS_MIN ? this.#percentile(0.99) : undefined;
    const tail = isTold ? { p95: this.#percentile(0.95), p99, duration } : undefined;
    this.#counts.fill(0);
    this.#reads = 0;
    this.#beganAt = now;
    return tail;
  }

  #percentile(share: number): Milliseconds {
    let rest = Math.ceil(this.#reads * share);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      rest -= this.#counts[bucket] ?? 0;
      if (rest <= 0) return milliseconds(2 ** bucket);
    }
    return milliseconds(2 ** (BUCKETS - 1));
  }
}
