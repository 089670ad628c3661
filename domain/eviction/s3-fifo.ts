import { grown } from './columns.ts';
import { GhostQueue } from './ghost-queue.ts';
import type { EvictionKey, EvictionPolicy, Slot } from './policy.ts';
import { ResidentSizes } from './resident-sizes.ts';
import { NONE, SlotLists } from './slot-lists.ts';

const SMALL = 0;
const MAIN = 1;
/** Source: J. Yang et al., "FIFO Queues are All You Need for Cache Eviction", SOSP '23, section 4.1. */
const SMALL_SHARE = 0.1;
const USES_TO_STAY = 2;
const USES_MAX = 3;

/**
 * A small queue on probation, a main one that gives another round for each use (three at most), and ghosts of those who
 * failed: who comes back as a ghost goes straight to the main queue.
 *
 *     admit ─▶ small ─ used twice ─▶ main ─ not used ─▶ gone
 *                └── else ─▶ gone, its ghost stays
 *
 * Source: as above, algorithm 1. Unlike in libCacheSim, an asset larger than the small queue is admitted.
 */
export class S3FifoPolicy implements EvictionPolicy {
  readonly name = 's3-fifo';
  readonly #sizes = new ResidentSizes();
  readonly #lists = new SlotLists(2);
  readonly #ghosts: GhostQueue;
  readonly #capacityBytes: number;
  #keys = new Float64Array(0);
  /** Uses, and in which queue. */
  #uses = new Uint8Array(0);
  #queues = new Uint8Array(0);
  #smallBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
    this.#ghosts = new GhostQueue(capacityBytes * (1 - SMALL_SHARE));
  }

  get usedBytes(): number {
    return this.#sizes.bytes;
  }

  admit(slot: Slot, key: EvictionKey, sizeBytes: number): void {
    this.#sizes.add(slot, sizeBytes);
    if (slot >= this.#uses.length) {
      this.#keys = grown(this.#keys, slot);
      this.#uses = grown(this.#uses, slot);
      this.#queues = grown(this.#queues, slot);
    }
    this.#keys[slot] = key;
    this.#uses[slot] = 0;
    this.#push(this.#ghosts.remove(key) ? MAIN : SMALL, slot);
  }

  use(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    const uses = this.#uses[slot] as number;
    if (uses < USES_MAX) this.#uses[slot] = uses + 1;
  }

  remove(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    this.#unlink(slot);
    this.#sizes.remove(slot);
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    const limitBytes = Math.min(this.#capacityBytes, this.#sizes.bytes) * (1 - SMALL_SHARE);
    const isMainFull = this.#sizes.bytes - this.#smallBytes > limitBytes;
    return isMainFull
      ? (this.#evictMain(mayGo) ?? this.#evictSmall(mayGo))
      : (this.#evictSmall(mayGo) ?? this.#evictMain(mayGo));
  }

  #evictSmall(mayGo: (slot: Slot) => boolean): Slot | undefined {
    let slot = this.#lists.oldest(SMALL);
    while (slot !== NONE) {
      const next = this.#lists.newer(slot);
      if ((this.#uses[slot] as number) >= USES_TO_STAY) {
        this.#unlink(slot);
        this.#push(MAIN, slot);
        this.#uses[slot] = 0;
      } else if (mayGo(slot)) {
        this.#ghosts.add(this.#keys[slot] as EvictionKey, this.#sizes.of(slot));
        this.remove(slot);
        return slot;
      }
      slot = next;
    }
    return undefined;
  }

  /** Everyone has used up its rounds after so many steps. */
  #evictMain(mayGo: (slot: Slot) => boolean): Slot | undefined {
    for (let steps = this.#sizes.count * (USES_MAX + 1); steps > 0; steps -= 1) {
      const slot = this.#lists.oldest(MAIN);
      if (slot === NONE) return undefined;
      const uses = this.#uses[slot] as number;
      if (uses === 0 && mayGo(slot)) {
        this.remove(slot);
        return slot;
      }
      this.#uses[slot] = Math.max(0, uses - 1);
      this.#unlink(slot);
      this.#push(MAIN, slot);
    }
    return undefined;
  }

  #push(queue: number, slot: Slot): void {
    this.#queues[slot] = queue;
    this.#lists.push(queue, slot);
    if (queue === SMALL) this.#smallBytes += this.#sizes.of(slot);
  }

  #unlink(slot: Slot): void {
    const queue = this.#queues[slot] as number;
    this.#lists.unlink(queue, slot);
    if (queue === SMALL) this.#smallBytes -= this.#sizes.of(slot);
  }
}
