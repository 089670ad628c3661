import { grown } from './columns.ts';
import type { Slot } from './policy.ts';
import { NONE } from './slot-lists.ts';

const CHILDREN = 4;

/**
 * Slots by priority, the lowest first, of equals who was placed first: an indexed heap with four children a node, whose
 * priorities lie in the order of the heap, so that those of siblings share a cache line. 24 bytes a slot.
 */
export class SlotHeap {
  #slots = new Int32Array(0);
  #priorities = new Float64Array(0);
  /** By slot: its position in the two above, and when it was placed. */
  #positions = new Int32Array(0);
  #turns = new Float64Array(0);
  #count = 0;
  #turn = 0;

  /** The slot with the lowest priority. */
  get first(): Slot {
    return this.#count > 0 ? (this.#slots[0] as Slot) : NONE;
  }
  /** Infinity when there is none. */
  get lowestPriority(): number {
    return this.#count > 0 ? (this.#priorities[0] as number) : Number.POSITIVE_INFINITY;
  }

  /** Takes a slot in, or moves it to a new priority; either way it stands behind its equals. */
  place(slot: Slot, priority: number): void {
    if (slot >= this.#positions.length) this.#grow(slot);
    let position = this.#positions[slot] as number;
    if (position === NONE) {
      position = this.#count;
      this.#count += 1;
    }
    this.#turn += 1;
    this.#turns[slot] = this.#turn;
    this.#settle(slot, priority, position);
  }

  remove(slot: Slot): void {
    const position = this.#positions[slot] as number;
    this.#positions[slot] = NONE;
    this.#count -= 1;
    if (position === this.#count) return;
    const last = this.#slots[this.#count] as Slot;
    this.#settle(last, this.#priorities[this.#count] as number, position);
  }

  #settle(slot: Slot, priority: number, from: number): void {
    const risen = this.#risen(slot, priority, from);
    this.#set(risen === from ? this.#sunk(slot, priority, from) : risen, slot, priority);
  }

  #set(position: number, slot: Slot, priority: number): void {
    this.#slots[position] = slot;
    this.#priorities[position] = priority;
    this.#positions[slot] = position;
  }

  /** Where a slot belongs above a position, when those in between have moved down. */
  #risen(slot: Slot, priority: number, from: number): number {
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 2;
      if (!this.#isAfter(parent, slot, priority)) break;
      this.#set(position, this.#slots[parent] as Slot, this.#priorities[parent] as number);
      position = parent;
    }
    return position;
  }

  /** Where a slot belongs below a position, when those in between have moved up. */
  #sunk(slot: Slot, priority: number, from: number): number {
    let position = from;
    for (;;) {
      const child = this.#leastChild(position);
      if (child === NONE || this.#isAfter(child, slot, priority)) return position;
      this.#set(position, this.#slots[child] as Slot, this.#priorities[child] as number);
      position = child;
    }
  }

  #leastChild(position: number): number {
    const begin = position * CHILDREN + 1;
    if (begin >= this.#count) return NONE;
    const end = Math.min(begin + CHILDREN, this.#count);
    let least = begin;
    for (let child = begin + 1; child < end; child += 1) {
      const slot = this.#slots[child] as Slot;
      if (this.#isAfter(least, slot, this.#priorities[child] as number)) least = child;
    }
    return least;
  }

  /** Whether who is at a position comes after this one. */
  #isAfter(position: number, slot: Slot, priority: number): boolean {
    const there = this.#priorities[position] as number;
    if (there !== priority) return there > priority;
    const turn = this.#turns[this.#slots[position] as Slot] as number;
    return turn > (this.#turns[slot] as number);
  }

  #grow(slot: Slot): void {
    this.#slots = grown(this.#slots, slot);
    this.#priorities = grown(this.#priorities, slot);
    this.#positions = grown(this.#positions, slot, NONE);
    this.#turns = grown(this.#turns, slot);
  }
}
