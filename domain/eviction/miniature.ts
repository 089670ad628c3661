import { type HeatKnobs, HeatQueues } from './heat-queues.ts';
import type { Slot } from './policy.ts';

const always = (): boolean => true;

/** What a cache under other knobs would hold: of a sample of the keys, in a capacity smaller by as much. No bytes. */
export class Miniature {
  readonly #queues: HeatQueues;
  readonly #slots = new Map<number, Slot>();
  readonly #freeSlots: Slot[] = [];

  constructor(knobs: HeatKnobs) {
    this.#queues = new HeatQueues(knobs);
  }

  get knobs(): HeatKnobs {
    return this.#queues.knobs;
  }

  /** Whether it would have been a hit; if not, it comes in. */
  request(mark: number, sizeBytes: number, capacityBytes: number): boolean {
    const held = this.#slots.get(mark);
    if (held !== undefined) {
      this.#queues.use(held);
      this.#shrinkTo(capacityBytes);
      return true;
    }
    if (sizeBytes > capacityBytes) return false;
    this.#shrinkTo(capacityBytes - sizeBytes);
    const slot = this.#freeSlots.pop() ?? this.#queues.count;
    this.#queues.admit(slot, mark, sizeBytes);
    this.#slots.set(mark, slot);
    return false;
  }

  /** Forgets every key that the sample no longer has. */
  keepMarksBelow(limit: number): void {
    for (const [mark, slot] of this.#slots) {
      if (mark < limit) continue;
      this.#queues.remove(slot);
      this.#forget(mark, slot);
    }
  }

  #shrinkTo(capacityBytes: number): void {
    while (this.#queues.bytes > capacityBytes) {
      const slot = this.#queues.evict(always) as Slot;
      this.#forget(this.#queues.markOf(slot), slot);
    }
  }

  #forget(mark: number, slot: Slot): void {
    this.#slots.delete(mark);
    this.#freeSlots.push(slot);
  }
}
