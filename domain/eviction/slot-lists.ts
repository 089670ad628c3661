import { grown } from './columns.ts';
import type { Slot } from './policy.ts';

/** No slot: what stands before the first and behind the last. */
export const NONE = -1;

/**
 * Lists over one column of pairs, 8 bytes a slot; a slot is in one of them at most. Its caller knows in which.
 *
 *     newest(list) → … older → … → oldest(list)          pair of a slot: [newer, older]
 */
export class SlotLists {
  #links = new Int32Array(0);
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
    return this.#links[2 * slot] as Slot;
  }

  push(list: number, slot: Slot): void {
    if (2 * slot + 1 >= this.#links.length) this.#links = grown(this.#links, 2 * slot + 1);
    const second = this.newest(list);
    this.#links[2 * slot] = NONE;
    this.#links[2 * slot + 1] = second;
    this.#newest[list] = slot;
    if (second === NONE) this.#oldest[list] = slot;
    else this.#links[2 * second] = slot;
  }

  unlink(list: number, slot: Slot): void {
    const newer = this.#links[2 * slot] as Slot;
    const older = this.#links[2 * slot + 1] as Slot;
    if (newer === NONE) this.#newest[list] = older;
    else this.#links[2 * newer + 1] = older;
    if (older === NONE) this.#oldest[list] = newer;
    else this.#links[2 * older] = newer;
  }
}
