import { grown } from './columns.ts';
import type { EvictionKey, EvictionPolicy, Slot } from './policy.ts';
import { ResidentSizes } from './resident-sizes.ts';
import { SlotHeap } from './slot-heap.ts';
import { NONE } from './slot-lists.ts';

/**
 * The lowest priority goes first, and its priority becomes the age L that everyone starts from at the next use:
 *
 *     lfu-da   priority = L + uses              gdsf   priority = L + uses / bytes
 *
 * So who was popular once is overtaken. GDSF keeps many small assets for one large one: it wins requests and loses bytes.
 * Source: M. Arlitt et al., "Evaluating Content Management Techniques for Web Proxy Caches", ACM SIGMETRICS PER 27(4),
 * 2000, sections 3.1 and 3.2 (there as GDSF and LFU-DA); of equals, who was used longest ago.
 */
export class GreedyDualPolicy implements EvictionPolicy {
  readonly name: 'lfu-da' | 'gdsf';
  readonly #sizes = new ResidentSizes();
  readonly #heap = new SlotHeap();
  #uses = new Uint32Array(0);
  #age = 0;

  constructor(name: 'lfu-da' | 'gdsf') {
    this.name = name;
  }

  get usedBytes(): number {
    return this.#sizes.bytes;
  }

  admit(slot: Slot, _key: EvictionKey, sizeBytes: number): void {
    this.#sizes.add(slot, sizeBytes);
    if (slot >= this.#uses.length) this.#uses = grown(this.#uses, slot);
    this.#uses[slot] = 0;
    this.use(slot);
  }

  use(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    const uses = (this.#uses[slot] as number) + 1;
    this.#uses[slot] = uses;
    const worth = this.name === 'gdsf' ? uses / Math.max(1, this.#sizes.of(slot)) : uses;
    this.#heap.place(slot, this.#age + worth);
  }

  remove(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    this.#heap.remove(slot);
    this.#sizes.remove(slot);
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    const passedOver: { slot: Slot; priority: number }[] = [];
    while (this.#heap.first !== NONE && !mayGo(this.#heap.first)) {
      passedOver.push({ slot: this.#heap.first, priority: this.#heap.lowestPriority });
      this.#heap.remove(this.#heap.first);
    }
    const victim = this.#heap.first;
    if (victim !== NONE) {
      this.#age = this.#heap.lowestPriority;
      this.remove(victim);
    }
    for (const { slot, priority } of passedOver) this.#heap.place(slot, priority);
    return victim === NONE ? undefined : victim;
  }
}
