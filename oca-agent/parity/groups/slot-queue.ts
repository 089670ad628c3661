import type { Slot } from '#domain/eviction/policy.ts';

/** Slots that wait to be looked at, each once, first come first served: 4 bytes for each, and a bit for each slot. */
export class SlotQueue {
  #slots = new Uint32Array(64);
  #isWaiting = new Uint8Array(8);
  #first = 0;
  size = 0;

  add(slot: Slot): void {
    if (slot >= this.#isWaiting.length * 8) this.#growBits(slot);
    const bit = 1 << (slot & 7);
    const byte = this.#isWaiting[slot >>> 3] ?? 0;
    if (byte & bit) return;
    this.#isWaiting[slot >>> 3] = byte | bit;
    if (this.size === this.#slots.length) this.#growSlots();
    this.#slots[(this.#first + this.size) % this.#slots.length] = slot;
    this.size += 1;
  }

  /** Takes up to `countMax` out. */
  take(countMax: number): Slot[] {
    const count = Math.min(countMax, this.size);
    return Array.from({ length: count }, () => {
      const slot = this.#slots[this.#first] ?? 0;
      this.#first = (this.#first + 1) % this.#slots.length;
      this.size -= 1;
      const byte = this.#isWaiting[slot >>> 3] ?? 0;
      this.#isWaiting[slot >>> 3] = byte & ~(1 << (slot & 7));
      return slot;
    });
  }

  #growSlots(): void {
    const grown = new Uint32Array(this.#slots.length * 2);
    grown.set(this.#slots.subarray(this.#first));
    grown.set(this.#slots.subarray(0, this.#first), this.#slots.length - this.#first);
    this.#slots = grown;
    this.#first = 0;
  }
  #growBits(slot: Slot): void {
    const grown = new Uint8Array(Math.max(this.#isWaiting.length * 2, (slot >>> 3) + 1));
    grown.set(this.#isWaiting);
    this.#isWaiting = grown;
  }
}
