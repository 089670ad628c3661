import type { Random } from '../random.ts';
import { grown } from './columns.ts';
import type { EvictionKey, EvictionPolicy, Slot } from './policy.ts';
import { ResidentSizes } from './resident-sizes.ts';

/** Anyone goes, each as likely as the other. Kept as the floor that the others are compared with. */
export class RandomPolicy implements EvictionPolicy {
  readonly name = 'random';
  readonly #sizes = new ResidentSizes();
  readonly #random: Random;
  /** The residents in no order, and where each stands among them. */
  #residents = new Int32Array(0);
  #positions = new Int32Array(0);

  constructor(random: Random) {
    this.#random = random;
  }

  get usedBytes(): number {
    return this.#sizes.bytes;
  }

  admit(slot: Slot, _key: EvictionKey, sizeBytes: number): void {
    const position = this.#sizes.count;
    this.#sizes.add(slot, sizeBytes);
    if (slot >= this.#positions.length) this.#positions = grown(this.#positions, slot);
    if (position >= this.#residents.length) this.#residents = grown(this.#residents, position);
    this.#residents[position] = slot;
    this.#positions[slot] = position;
  }

  use(_slot: Slot): void {}

  remove(slot: Slot): void {
    if (!this.#sizes.has(slot)) return;
    this.#sizes.remove(slot);
    const position = this.#positions[slot] as number;
    const last = this.#residents[this.#sizes.count] as Slot;
    this.#residents[position] = last;
    this.#positions[last] = position;
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    const { count } = this.#sizes;
    const first = Math.floor(this.#random.next() * count);
    for (let step = 0; step < count; step += 1) {
      const slot = this.#residents[(first + step) % count] as Slot;
      if (!mayGo(slot)) continue;
      this.remove(slot);
      return slot;
    }
    return undefined;
  }
}
