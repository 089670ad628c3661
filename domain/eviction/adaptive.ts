import { mixed } from './columns.ts';
import { type HeatKnobs, HeatQueues } from './heat-queues.ts';
import { Miniature } from './miniature.ts';
import type { EvictionKey, EvictionPolicy, Slot } from './policy.ts';

/**
 * Those that are tried beside the one in force, which begins as the first. They span what the traces want: a small window
 * and a long memory where popularity lasts, a large one and a short memory where it moves; the last is LRU.
 */
const CANDIDATES: readonly HeatKnobs[] = [
  { windowShare: 0.1, halfLife: 16 },
  { windowShare: 0.3, halfLife: 4 },
  { windowShare: 0.01, halfLife: 16 },
  { windowShare: 1, halfLife: 4 },
];
const MARK_COUNT = 2 ** 32;
/** A miniature holds about so many at most: of more, every other key is dropped from the sample. */
const MINIATURE_RESIDENTS_MAX = 1024;
/** Sampled requests between two judgments, and those after which evidence counts 1/e. */
const REQUESTS_PER_JUDGMENT = 128;
const EVIDENCE_REQUESTS = 16_384;
/** Standard errors by which a candidate must be ahead. By chance alone, one judgment in 700. */
const STANDARD_ERRORS_MIN = 3;
/** What was full stays the measure while the next victims leave: it shrinks by so much an eviction. */
const FULLNESS_KEPT = 0.999;

/**
 * The default: `HeatQueues`, whose two knobs follow the requests. Each candidate runs in miniature on a sample of the
 * keys, whatever the disk holds; bytes decide. A candidate takes over when it would have served more bytes than the one
 * in force by three standard errors of the difference, over the requests on which the two disagreed.
 *
 * Size is no part of it: an asset's bytes count as often as they are asked for, so what matters is uses per turnover.
 * Why, with what figures, and with what neighbors of each constant: docs/decisions/0013.
 * Source: C. Waldspurger et al., "Cache Modeling and Optimization using Miniature Simulations", USENIX ATC '17.
 */
export class AdaptivePolicy implements EvictionPolicy {
  readonly name = 'adaptive';
  readonly #queues = new HeatQueues(CANDIDATES[0] as HeatKnobs);
  readonly #miniatures = CANDIDATES.map((knobs) => new Miniature(knobs));
  readonly #leads = new Float64Array(CANDIDATES.length);
  readonly #variances = new Float64Array(CANDIDATES.length);
  #inForce = 0;
  #sampleRate = 1;
  #sampledCount = 0;
  #fullBytes = 0;

  get usedBytes(): number {
    return this.#queues.bytes;
  }

  admit(slot: Slot, key: EvictionKey, sizeBytes: number): void {
    const mark = mixed(key);
    this.#queues.admit(slot, mark, sizeBytes);
    this.#observe(mark, sizeBytes);
  }

  use(slot: Slot): void {
    if (!this.#queues.has(slot)) return;
    this.#queues.use(slot);
    this.#observe(this.#queues.markOf(slot), this.#queues.sizeOf(slot));
  }

  remove(slot: Slot): void {
    if (this.#queues.has(slot)) this.#queues.remove(slot);
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    this.#fullBytes = Math.max(this.#queues.bytes, this.#fullBytes * FULLNESS_KEPT);
    return this.#queues.evict(mayGo);
  }

  #observe(mark: number, sizeBytes: number): void {
    if (mark >= this.#sampleRate * MARK_COUNT) return;
    const capacityBytes = Math.max(this.#fullBytes, this.#queues.bytes) * this.#sampleRate;
    const hits = this.#miniatures.map((one) => one.request(mark, sizeBytes, capacityBytes));
    const isHit = hits[this.#inForce] as boolean;
    hits.forEach((wouldHit, candidate) => {
      if (wouldHit === isHit) return;
      this.#leads[candidate] =
        (this.#leads[candidate] as number) + (wouldHit ? sizeBytes : -sizeBytes);
      this.#variances[candidate] = (this.#variances[candidate] as number) + sizeBytes ** 2;
    });
    this.#sampledCount += 1;
    if (this.#sampledCount % REQUESTS_PER_JUDGMENT === 0) this.#judge();
  }

  #judge(): void {
    const best = this.#provenBest();
    if (best !== undefined) {
      this.#inForce = best;
      this.#queues.knobs = CANDIDATES[best] as HeatKnobs;
    }
    const kept = best === undefined ? 1 - REQUESTS_PER_JUDGMENT / EVIDENCE_REQUESTS : 0;
    for (let candidate = 0; candidate < CANDIDATES.length; candidate += 1) {
      this.#leads[candidate] = (this.#leads[candidate] as number) * kept;
      this.#variances[candidate] = (this.#variances[candidate] as number) * kept;
    }
    while (this.#queues.count * this.#sampleRate > MINIATURE_RESIDENTS_MAX) this.#halveSample();
  }

  #provenBest(): number | undefined {
    let best: number | undefined;
    let mostBytes = 0;
    this.#leads.forEach((leadBytes, candidate) => {
      const errorBytes = Math.sqrt(this.#variances[candidate] as number);
      if (leadBytes <= mostBytes || leadBytes <= STANDARD_ERRORS_MIN * errorBytes) return;
      best = candidate;
      mostBytes = leadBytes;
    });
    return best;
  }

  #halveSample(): void {
    this.#sampleRate /= 2;
    for (const one of this.#miniatures) one.keepMarksBelow(this.#sampleRate * MARK_COUNT);
  }
}
