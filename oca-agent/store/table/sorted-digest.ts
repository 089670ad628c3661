import { createHash, type Hash } from 'node:crypto';
import type { AssetRows } from './asset-rows.ts';
import { NO_ROW } from './row-hash.ts';

/** Ids are dealt with by their first byte. */
const SHARDS = 256;
const ID_BYTES = 32;
const LINE_BYTES = 2 * ID_BYTES + 1;
const NEWLINE = 0x0a;
const HEX_DIGITS = Buffer.from('0123456789abcdef');

/**
 * SHA-256 over the sorted ids of held assets, each followed by a newline. Source: protocol/oca-inventory.ts.
 * The state of the hash is kept before each shard of ids, so that only what stands behind the first change is hashed anew:
 * of 2 million ids half a second of work in the mean. It can be done in slices.
 */
export class SortedDigest {
  readonly #assets: AssetRows;
  /** The hash before each shard; valid up to `#hashedShards`. */
  readonly #states: Hash[] = [createHash('sha256')];
  #hashedShards = 0;

  constructor(assets: AssetRows) {
    this.#assets = assets;
  }

  /** An asset has come or gone whose id begins with this byte. */
  noteChange(firstIdByte: number): void {
    this.#hashedShards = Math.min(this.#hashedShards, firstIdByte);
  }

  /** Hashes one shard. True: there are more. */
  step(): boolean {
    if (this.#hashedShards < SHARDS) {
      const hash = (this.#states[this.#hashedShards] as Hash).copy();
      hash.update(this.#linesOf(this.#hashedShards));
      this.#hashedShards += 1;
      this.#states[this.#hashedShards] = hash;
    }
    return this.#hashedShards < SHARDS;
  }

  digest(): string {
    while (this.step());
    return (this.#states[SHARDS] as Hash).copy().digest('hex');
  }

  #linesOf(shard: number): Buffer {
    const slots = this.#sortedSlots(shard);
    const lines = Buffer.allocUnsafe(slots.length * LINE_BYTES);
    const id = new Uint8Array(ID_BYTES);
    slots.forEach((slot, line) => {
      this.#assets.copyId(slot, id);
      let at = line * LINE_BYTES;
      for (let index = 0; index < ID_BYTES; index += 1) {
        const byte = id[index] as number;
        lines[at] = HEX_DIGITS[byte >>> 4] as number;
        lines[at + 1] = HEX_DIGITS[byte & 15] as number;
        at += 2;
      }
      lines[at] = NEWLINE;
    });
    return lines;
  }

  /** Few stand in the wrong place, and not far from the right one: insertion costs least. */
  #sorted(slots: number[]): number[] {
    const keys = slots.map((slot) => this.#assets.key(slot));
    for (let next = 1; next < slots.length; next += 1) {
      const slot = slots[next] as number;
      const key = keys[next] as number;
      let place = next;
      for (; place > 0; place -= 1) {
        const before = keys[place - 1] as number;
        const isInOrder =
          before < key ||
          (before === key && this.#assets.compareIds(slots[place - 1] as number, slot) < 0);
        if (isInOrder) break;
        keys[place] = before;
        slots[place] = slots[place - 1] as number;
      }
      keys[place] = key;
      slots[place] = slot;
    }
    return slots;
  }

  /** Buckets stand nearly in the order of ids; a run of full ones may reach beyond the last bucket of its shard. */
  #sortedSlots(shard: number): number[] {
    const { hash } = this.#assets;
    const bucketsPerShard = hash.bucketCount / SHARDS;
    const first = shard * bucketsPerShard;
    const slots: number[] = [];
    for (let step = 0; step < hash.bucketCount; step += 1) {
      const slot = hash.rowAt((first + step) & (hash.bucketCount - 1));
      if (slot === NO_ROW && step >= bucketsPerShard) break;
      if (slot === NO_ROW || this.#assets.firstIdByte(slot) !== shard) continue;
      if (this.#assets.isHeld(slot)) slots.push(slot);
    }
    return this.#sorted(slots);
  }
}
