import type { Slot } from '#domain/eviction/policy.ts';

/** A set of slots below an end, one bit each. */
export class SlotMarks {
  readonly end: Slot;
  readonly #bits: Uint8Array;

  constructor(end: Slot) {
    this.end = end;
    this.#bits = new Uint8Array((end >>> 3) + 1);
  }

  /** Leaves out what lies beyond the end. */
  add(slot: Slot): void {
    if (slot < this.end)
      this.#bits[slot >>> 3] = (this.#bits[slot >>> 3] as number) | (1 << (slot & 7));
  }
  has(slot: Slot): boolean {
    return ((this.#bits[slot >>> 3] as number) & (1 << (slot & 7))) !== 0;
  }
}
