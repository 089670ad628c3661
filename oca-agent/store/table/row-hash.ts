import { invariant } from '#domain/invariant.ts';

/** No row: what was looked for is not there. */
export const NO_ROW = -1;
/** A row of another hash: look on. */
export const ANOTHER_ROW = -2;

/** A bucket: the row + 1, and above it bits of the hash, so that few rows are looked at in vain. Each costs a cache miss. */
const ROW_BITS = 26;
const ROW_MASK = 2 ** ROW_BITS - 1;

const BITS_MIN = 8;
/** Beyond this part of its buckets filled, probes become long. Source: D. Knuth, TAOCP 3, section 6.4, linear probing. */
const LOAD_MAX = 0.75;

/**
 * Finds rows by a 32-bit hash: open addressing with linear probing, 4 bytes a bucket. The home of a hash follows from its
 * upper bits, its lowest ones stand in the bucket.
 */
export class RowHash {
  #buckets = new Int32Array(1 << BITS_MIN);
  #shift = 32 - BITS_MIN;
  #count = 0;
  readonly #hashOf: (row: number) => number;

  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  get bucketCount(): number {
    return this.#buckets.length;
  }
  get sizeBytes(): number {
    return this.#buckets.byteLength;
  }
  /** As they are kept, to be put back with the very same rows. */
  get buckets(): Int32Array<ArrayBuffer> {
    return this.#buckets;
  }
  /** Rows that are in it. */
  get count(): number {
    return this.#count;
  }
  clear(): void {
    this.restore(new Int32Array(1 << BITS_MIN), 0);
  }
  restore(buckets: Int32Array<ArrayBuffer>, count: number): void {
    this.#buckets = buckets;
    this.#shift = 32 - Math.log2(buckets.length);
    this.#count = count;
  }

  /** A row that may be of this hash; NO_ROW: the bucket is empty; ANOTHER_ROW: the row is surely not. */
  rowAt(bucket: number, hash: number): number {
    const entry = this.#buckets[bucket] as number;
    if (entry === 0) return NO_ROW;
    return (entry ^ (hash << ROW_BITS)) >>> ROW_BITS === 0 ? rowOf(entry) : ANOTHER_ROW;
  }

  /** Where to begin to look for a hash; go on with `after` until `rowAt` says `NO_ROW`. */
  home(hash: number): number {
    return hash >>> this.#shift;
  }
  after(bucket: number): number {
    return (bucket + 1) & (this.#buckets.length - 1);
  }

  /** Adds a row that is not there yet. */
  add(hash: number, row: number): void {
    invariant(row < ROW_MASK, 'a bucket has bits for 67 million rows');
    if (this.#count >= this.#buckets.length * LOAD_MAX) this.reserve(2 * this.#count);
    this.#place(hash, row);
    this.#count += 1;
  }

  /** Removes a row and moves those behind it up, so that no probe meets a gap. */
  remove(hash: number, row: number): void {
    const mask = this.#buckets.length - 1;
    let gap = hash >>> this.#shift;
    while (rowOf(this.#buckets[gap] as number) !== row) gap = (gap + 1) & mask;
    for (let next = (gap + 1) & mask; this.#buckets[next] !== 0; next = (next + 1) & mask) {
      const home = this.#hashOf(rowOf(this.#buckets[next] as number)) >>> this.#shift;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#buckets[gap] = this.#buckets[next] as number;
      gap = next;
    }
    this.#buckets[gap] = 0;
    this.#count -= 1;
  }

  /** Makes place for so many rows at once. */
  reserve(count: number): void {
    const bits = Math.max(BITS_MIN, Math.ceil(Math.log2(count / LOAD_MAX + 1)));
    if (2 ** bits <= this.#buckets.length) return;
    const before = this.#buckets;
    this.#buckets = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
    for (const entry of before)
      if (entry !== 0) this.#place(this.#hashOf(rowOf(entry)), rowOf(entry));
  }

  #place(hash: number, row: number): void {
    const mask = this.#buckets.length - 1;
    let bucket = hash >>> this.#shift;
    while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
    this.#buckets[bucket] = (hash << ROW_BITS) | (row + 1);
  }
}

const rowOf = (entry: number): number => (entry & ROW_MASK) - 1;
