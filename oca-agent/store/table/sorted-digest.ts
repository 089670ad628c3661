import { createHash, type Hash } from 'node:crypto';
import type { Slot } from '#domain/eviction/policy.ts';
import { invariant } from '#domain/invariant.ts';
import type { AssetRows } from './asset-rows.ts';

/** Ids are dealt with by their first byte. */
const SHARDS = 256;
/** Rows that are looked at in one step: about two milliseconds. */
const ROWS_A_STEP = 64 * 1024;
const ID_BYTES = 32;
const LINE_BYTES = 2 * ID_BYTES + 1;
const NEWLINE = 0x0a;
const HEX_DIGITS = Buffer.from('0123456789abcdef');
/** A sort key is 32 bits of the id, then the place of its slot in the shard, in the 53 bits that a number holds. */
const PLACES = 2 ** 21;

/**
 * SHA-256 over the sorted ids of held assets, each followed by a newline. Source: protocol/oca-inventory.ts.
 * The state of the hash is kept before each shard of ids, so that only what stands behind the first change is hashed anew.
 * It is done in steps: the slots are dealt out to their shards, then one shard after another is sorted and hashed. A change
 * in between begins anew with its shard.
 */
export class SortedDigest {
  readonly #assets: AssetRows;
  /** The hash before each shard; valid up to `#hashedShards`. */
  readonly #states: Hash[] = [createHash('sha256')];
  #hashedShards = 0;
  /** Undefined when there is nothing to hash, or something has changed. */
  #dealing: Dealing | undefined;
  /** Kept from shard to shard: at 2 million assets they would be 150 MB to throw away. */
  #lines = Buffer.alloc(0);
  #keys = new Float64Array(0);

  constructor(assets: AssetRows) {
    this.#assets = assets;
  }

  /** An asset has come or gone whose id begins with this byte. */
  noteChange(firstIdByte: number): void {
    this.#hashedShards = Math.min(this.#hashedShards, firstIdByte);
    this.#dealing = undefined;
  }

  /** True: there is more to do. */
  step(): boolean {
    if (this.#hashedShards === SHARDS) return false;
    this.#dealing ??= new Dealing(this.#assets, this.#hashedShards);
    if (!this.#dealing.step()) this.#hashShard(this.#dealing.slotsOf(this.#hashedShards));
    return this.#hashedShards < SHARDS;
  }

  digest(): string {
    while (this.step());
    return (this.#states[SHARDS] as Hash).copy().digest('hex');
  }

  #hashShard(slots: Int32Array): void {
    const hash = (this.#states[this.#hashedShards] as Hash).copy();
    hash.update(this.#linesOf(this.#sorted(slots)));
    this.#hashedShards += 1;
    this.#states[this.#hashedShards] = hash;
    if (this.#hashedShards === SHARDS) this.#dealing = undefined;
  }

  #linesOf(slots: Int32Array): Buffer {
    const lengthBytes = slots.length * LINE_BYTES;
    if (this.#lines.length < lengthBytes) this.#lines = Buffer.allocUnsafeSlow(lengthBytes);
    const lines = this.#lines.subarray(0, lengthBytes);
    slots.forEach((slot, line) => {
      let at = line * LINE_BYTES;
      for (let index = 0; index < ID_BYTES; index += 1) {
        const byte = this.#assets.idByte(slot, index);
        lines[at] = HEX_DIGITS[byte >>> 4] as number;
        lines[at + 1] = HEX_DIGITS[byte & 15] as number;
        at += 2;
      }
      lines[at] = NEWLINE;
    });
    return lines;
  }

  /** In the order of ids. The shard has their first byte, the key the next four; what is equal so far is compared whole. */
  #sorted(slots: Int32Array): Int32Array {
    invariant(slots.length <= PLACES, 'a shard has no more slots than a key has places for');
    if (this.#keys.length < slots.length) this.#keys = new Float64Array(slots.length);
    const keys = this.#keys.subarray(0, slots.length);
    for (const [place, slot] of slots.entries())
      keys[place] = this.#assets.idBytesAfterFirst(slot) * PLACES + place;
    keys.sort();
    const sorted = slots.slice();
    for (const [at, key] of keys.entries()) this.#insert(sorted, at, slots[key % PLACES] as Slot);
    return sorted;
  }

  /** Puts a slot at its place among the `end` before it, which is almost always the last. */
  #insert(sorted: Int32Array, end: number, slot: Slot): void {
    let at = end;
    while (at > 0 && this.#assets.compareIds(sorted[at - 1] as Slot, slot) > 0) {
      sorted[at] = sorted[at - 1] as Slot;
      at -= 1;
    }
    sorted[at] = slot;
  }
}

/** Deals the slots of held assets out to their shards, from `firstShard` on: counts them, then gives each its place. */
class Dealing {
  readonly #assets: AssetRows;
  readonly #firstShard: number;
  readonly #ends = new Uint32Array(SHARDS + 1);
  #slots: Int32Array | undefined;
  #row = 0;

  constructor(assets: AssetRows, firstShard: number) {
    this.#assets = assets;
    this.#firstShard = firstShard;
  }

  /** False: all are dealt out. */
  step(): boolean {
    const rowCount = this.#assets.rows.count;
    if (this.#row >= rowCount) {
      if (this.#slots) return false;
      this.#makePlaces();
    }
    const end = Math.min(this.#row + ROWS_A_STEP, rowCount);
    for (; this.#row < end; this.#row += 1) this.#deal(this.#row);
    return true;
  }

  slotsOf(shard: number): Int32Array {
    const slots = this.#slots as Int32Array;
    // The places of a shard are given from the end of the one before it.
    return slots.subarray(this.#ends[shard - 1] ?? 0, this.#ends[shard]);
  }

  #deal(slot: Slot): void {
    const shard = this.#assets.idByte(slot, 0);
    if (shard < this.#firstShard || !this.#assets.isHeld(slot)) return;
    const at = this.#ends[shard] as number;
    if (this.#slots) this.#slots[at] = slot;
    this.#ends[shard] = at + 1;
  }

  /** Each shard's count becomes its beginning; it grows to its end as its slots are dealt. */
  #makePlaces(): void {
    let sum = 0;
    for (const [shard, count] of this.#ends.entries()) {
      this.#ends[shard] = sum;
      sum += count;
    }
    this.#slots = new Int32Array(sum);
    this.#row = 0;
  }
}
