import { type Milliseconds, milliseconds } from '../units.ts';

/** Powers of two: 1 ms to 2^20 ms, 17 minutes. */
const BUCKETS = 21;
/** Fewer say nothing about one in a hundred. */
const SAMPLES_MIN = 100;

/** Latencies of one window, counted in powers of two. */
export class LatencyWindow {
  readonly #counts = new Uint32Array(BUCKETS);
  #samples = 0;

  note(duration: Milliseconds): void {
    const bucket = Math.min(BUCKETS - 1, Math.ceil(Math.log2(Math.max(1, duration))));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#samples += 1;
  }

  /** The 99th percentile, rounded up to a power of two; undefined where too few were noted. Begins a new window. */
  takeP99(): Milliseconds | undefined {
    const samples = this.#samples;
    const p99 = samples < SAMPLES_MIN ? undefined : this.#percentile(0.99);
    this.#counts.fill(0);
    this.#samples = 0;
    return p99;
  }

  #percentile(share: number): Milliseconds {
    let rest = Math.ceil(this.#samples * share);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      rest -= this.#counts[bucket] ?? 0;
      if (rest <= 0) return milliseconds(2 ** bucket);
    }
    return milliseconds(2 ** (BUCKETS - 1));
  }
}
