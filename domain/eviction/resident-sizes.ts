import { invariant } from '../invariant.ts';
import { grown } from './columns.ts';
import type { Slot } from './policy.ts';

const HIGH_ABSENT = 0xffff;
const HIGH_UNIT = 2 ** 32;

/** Who is resident, and how large: 6 bytes a slot, exact up to 2^48 − 2^32 bytes. */
export class ResidentSizes {
  #low = new Uint32Array(0);
  #high = new Uint16Array(0);
  #bytes = 0;
  #count = 0;

  get bytes(): number {
    return this.#bytes;
  }
  get count(): number {
    return this.#count;
  }

  /** The slots seen so far lie below this. */
  get slotsEnd(): number {
    return this.#high.length;
  }

  has(slot: Slot): boolean {
    return slot < this.#high.length && this.#high[slot] !== HIGH_ABSENT;
  }

  of(slot: Slot): number {
    return (this.#high[slot] as number) * HIGH_UNIT + (this.#low[slot] as number);
  }

  add(slot: Slot, sizeBytes: number): void {
    invariant(!this.has(slot), 'an asset is admitted once');
    if (slot >= this.#high.length) {
      this.#low = grown(this.#low, slot);
      this.#high = grown(this.#high, slot, HIGH_ABSENT);
    }
    this.#low[slot] = sizeBytes;
    this.#high[slot] = sizeBytes / HIGH_UNIT;
    this.#bytes += sizeBytes;
    this.#count += 1;
  }

  /** Takes a resident out; returns its size. */
  remove(slot: Slot): number {
    const sizeBytes = this.of(slot);
    this.#high[slot] = HIGH_ABSENT;
    this.#bytes -= sizeBytes;
    this.#count -= 1;
    return sizeBytes;
  }
}
