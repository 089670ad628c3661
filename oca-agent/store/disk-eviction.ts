import { grown } from '#domain/eviction/columns.ts';
import type { EvictionKey, EvictionPolicy, Slot } from '#domain/eviction/policy.ts';

const NONE = -1;

/**
 * The policy of one disk, by the slots of the index. The policy itself numbers its assets small and dense, for its columns
 * are as long as its largest number; which asset has which is kept here.
 */
export class DiskEviction implements EvictionPolicy {
  readonly #policy: EvictionPolicy;
  readonly #numbers: SlotNumbers;
  #slots = new Int32Array(0);
  readonly #freeNumbers: number[] = [];
  #numbersEnd = 0;

  /** @param numbers shared by all disks, as an asset lies on one of them. */
  constructor(policy: EvictionPolicy, numbers: SlotNumbers) {
    this.#policy = policy;
    this.#numbers = numbers;
  }

  get name(): EvictionPolicy['name'] {
    return this.#policy.name;
  }
  get usedBytes(): number {
    return this.#policy.usedBytes;
  }

  admit(slot: Slot, key: EvictionKey, sizeBytes: number): void {
    if (this.#numbers.of(slot) !== undefined) return;
    const number = this.#freeNumbers.pop() ?? this.#numbersEnd++;
    if (number >= this.#slots.length) this.#slots = grown(this.#slots, number, NONE);
    this.#slots[number] = slot;
    this.#numbers.set(slot, number);
    this.#policy.admit(number, key, sizeBytes);
  }

  use(slot: Slot): void {
    const number = this.#numberOf(slot);
    if (number !== undefined) this.#policy.use(number);
  }

  remove(slot: Slot): void {
    const number = this.#numberOf(slot);
    if (number === undefined) return;
    this.#policy.remove(number);
    this.#forget(number);
  }

  /** Gives back the numbers of all; the policy is of no use after that. */
  clear(): void {
    for (const slot of this.#slots) if (slot !== NONE) this.#numbers.clear(slot);
    this.#slots.fill(NONE);
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    const number = this.#policy.evict((candidate) => mayGo(this.#slots[candidate] ?? NONE));
    return number === undefined ? undefined : this.#forget(number);
  }

  /** Undefined for an asset that another disk has, or nobody. */
  #numberOf(slot: Slot): number | undefined {
    const number = this.#numbers.of(slot);
    return number !== undefined && this.#slots[number] === slot ? number : undefined;
  }

  #forget(number: number): Slot {
    const slot = this.#slots[number] ?? NONE;
    this.#slots[number] = NONE;
    this.#numbers.clear(slot);
    this.#freeNumbers.push(number);
    return slot;
  }
}

/** The number that each slot's asset has with the policy of its disk: 4 bytes a slot. */
export class SlotNumbers {
  #numbers = new Int32Array(0);

  of(slot: Slot): number | undefined {
    const number = this.#numbers[slot] ?? NONE;
    return number === NONE ? undefined : number;
  }
  set(slot: Slot, number: number): void {
    if (slot >= this.#numbers.length) this.#numbers = grown(this.#numbers, slot, NONE);
    this.#numbers[slot] = number;
  }
  clear(slot: Slot): void {
    if (slot >= 0 && slot < this.#numbers.length) this.#numbers[slot] = NONE;
  }
}
