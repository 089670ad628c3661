import { grown } from './columns.ts';
import type { Slot } from './policy.ts';

/** No slot: what stands before the first and behind the last. */
export const NONE = -1;

/**
 * Lists over one pair of columns, 8 bytes a slot; a slot is in one of them at most. Its caller knows in which.
 *
 *     newest(list) → … older(slot) … → oldest(list)
 */
export class SlotLists {
  #newer = new Int32Array(0);
  #older = new Int32Array(0);
  readonly #newest: Int32Array;
  readonly #oldest: Int32Array;

  constructor(listCount: number) {
    this.#newest = new Int32Array(listCount).fill(NONE);
    this.#oldest = new Int32Array(listCount).fill(NONE);
  }

  newest(list: number): Slot {
    return this.#newest[list] as Slot;
  }
  oldest(list: number): Slot {
    return this.#oldest[list] as Slot;
  }
  newer(slot: Slot): Slot {
    return this.#newer[slot] as Slot;
  }

  push(list: number, slot: Slot): void {
    if (slot >= this.#newer.length) {
      this.#newer = grown(this.#newer, slot, NONE);
      this.#older = grown(this.#older, slot, NONE);
    }
    const second = this.newest(list);
    this.#newer[slot] = NONE;
    this.#older[slot] = second;
    this.#newest[list] = slot;
    if (second === NONE) this.#oldest[list] = slot;
    else this.#newer[second] = slot;
  }

  unlink(list: number, slot: Slot): void {
    const newer = this.#newer[slot] as Slot;
    const older = this.#older[slot] as Slot;
    if (newer === NONE) this.#newest[list] = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest[list] = newer;
    else this.#newer[older] = newer;
  }
}
