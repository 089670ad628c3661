import { grown } from './columns.ts';
import type { EvictionKey, EvictionPolicy, Slot } from './policy.ts';
import { ResidentSizes } from './resident-sizes.ts';
import { NONE, SlotLists } from './slot-lists.ts';

const QUEUE = 0;

/**
 * A queue by arrival, and a hand that goes from the oldest to the newest: who was used since it last came by stays where
 * it is, who was not goes. What came in behind the hand is judged soon, so that a single use is forgotten quickly.
 * Source: Y. Zhang et al., "SIEVE is Simpler than LRU", NSDI '24, algorithm 1.
 */
export class SievePolicy implements EvictionPolicy {
  readonly name = 'sieve';
  readonly #sizes = new ResidentSizes();
  readonly #lists = new SlotLists(1);
  #wasUsed = new Uint8Array(0);
  /** Who is judged next; none: begin with the oldest. */
  #hand: Slot = NONE;

  get usedBytes(): number {
    return this.#sizes.bytes;
  }

  admit(slot: Slot, _key: EvictionKey, sizeBytes: number): void {
    this.#sizes.add(slot, sizeBytes);
    if (slot >= this.#wasUsed.length) this.#wasUsed = grown(this.#wasUsed, slot);
    this.#wasUsed[slot] = 0;
    this.#lists.push(QUEUE, slot);
  }

  use(slot: Slot): void {
    if (this.#sizes.has(slot)) this.#wasUsed[slot] = 1;
  }

  remove(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    if (this.#hand === slot) this.#hand = this.#lists.newer(slot);
    this.#lists.unlink(QUEUE, slot);
    this.#sizes.remove(slot);
  }

  /** Two rounds find one, if there is one: the first takes all marks away. */
  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    for (let steps = 2 * this.#sizes.count; steps > 0; steps -= 1) {
      const slot = this.#hand === NONE ? this.#lists.oldest(QUEUE) : this.#hand;
      if (this.#wasUsed[slot] === 0 && mayGo(slot)) {
        this.remove(this.#advanceFrom(slot));
        return slot;
      }
      this.#wasUsed[slot] = 0;
      this.#advanceFrom(slot);
    }
    return undefined;
  }

  #advanceFrom(slot: Slot): Slot {
    this.#hand = this.#lists.newer(slot);
    return slot;
  }
}
