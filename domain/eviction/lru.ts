import type { EvictionKey, EvictionPolicy, Slot } from './policy.ts';
import { ResidentSizes } from './resident-sizes.ts';
import { NONE, SlotLists } from './slot-lists.ts';

const QUEUE = 0;

/** Least recently used goes first. Kept to be compared with: one pass over a catalogue flushes it. */
export class LruPolicy implements EvictionPolicy {
  readonly name = 'lru';
  readonly #sizes = new ResidentSizes();
  readonly #lists = new SlotLists(1);

  get usedBytes(): number {
    return this.#sizes.bytes;
  }

  admit(slot: Slot, _key: EvictionKey, sizeBytes: number): void {
    this.#sizes.add(slot, sizeBytes);
    this.#lists.push(QUEUE, slot);
  }

  use(slot: Slot): void {
    if (!this.#sizes.has(slot) || this.#lists.newest(QUEUE) === slot) return;
    this.#lists.unlink(QUEUE, slot);
    this.#lists.push(QUEUE, slot);
  }

  remove(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    this.#lists.unlink(QUEUE, slot);
    this.#sizes.remove(slot);
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    let slot = this.#lists.oldest(QUEUE);
    while (slot !== NONE && !mayGo(slot)) slot = this.#lists.newer(slot);
    if (slot === NONE) return undefined;
    this.remove(slot);
    return slot;
  }
}
