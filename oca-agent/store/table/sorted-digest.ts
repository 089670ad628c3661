import { createHash, type Hash } from 'node:crypto';
import type { Slot } from '#domain/eviction/policy.ts';
import type { AssetRows } from './asset-rows.ts';

/** Ids are dealt with by their first byte. */
const SHARDS = 256;
/** Rows that are looked at in one step: about two milliseconds. */
const ROWS_A_STEP = 64 * 1024;
const ID_BYTES = 32;
const LINE_BYTES = 2 * ID_BYTES + 1;
const NEWLINE = 0x0a;
const HEX_DIGITS = Buffer.from('0123456789abcdef');

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
  /** Held slots by shard, as far as `#dealtSlots`; undefined when there is nothing to hash, or something has changed. */
  #slotsByShard: Slot[][] | undefined;
  #dealtSlots = 0;

  constructor(assets: AssetRows) {
    this.#assets = assets;
  }

  /** An asset has come or gone whose id begins with this byte. */
  noteChange(firstIdByte: number): void {
    this.#hashedShards = Math.min(this.#hashedShards, firstIdByte);
    this.#slotsByShard = undefined;
  }

  /** True: there is more to do. */
  step(): boolean {
    if (this.#hashedShards === SHARDS) return false;
    if (!this.#slotsByShard) {
      this.#slotsByShard = Array.from({ length: SHARDS }, () => []);
      this.#dealtSlots = 0;
    }
    if (this.#dealtSlots < this.#assets.rows.count) this.#deal(this.#slotsByShard);
    else this.#hashShard(this.#slotsByShard);
    return this.#hashedShards < SHARDS;
  }

  digest(): string {
    while (this.step());
    return (this.#states[SHARDS] as Hash).copy().digest('hex');
  }

  #deal(slotsByShard: Slot[][]): void {
    const end = Math.min(this.#dealtSlots + ROWS_A_STEP, this.#assets.rows.count);
    for (let slot = this.#dealtSlots; slot < end; slot += 1) {
      const shard = this.#assets.idByte(slot, 0);
      if (shard >= this.#hashedShards && this.#assets.isHeld(slot)) slotsByShard[shard]?.push(slot);
    }
    this.#dealtSlots = end;
  }

  #hashShard(slotsByShard: Slot[][]): void {
    const slots = slotsByShard[this.#hashedShards] ?? [];
    const hash = (this.#states[this.#hashedShards] as Hash).copy();
    hash.update(this.#linesOf(this.#sorted(slots)));
    slotsByShard[this.#hashedShards] = [];
    this.#hashedShards += 1;
    this.#states[this.#hashedShards] = hash;
    if (this.#hashedShards === SHARDS) this.#slotsByShard = undefined;
  }

  #linesOf(slots: readonly Slot[]): Buffer {
    const lines = Buffer.allocUnsafe(slots.length * LINE_BYTES);
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

  /** By the second byte first; what is left are short runs, for which insertion costs least. */
  #sorted(slots: readonly Slot[]): Slot[] {
    const runs = Array.from({ length: SHARDS }, (): Slot[] => []);
    for (const slot of slots) runs[this.#assets.idByte(slot, 1)]?.push(slot);
    return runs.flatMap((run) => {
      const keyed = run.map((slot) => ({ slot, key: this.#assets.key(slot) }));
      keyed.sort(
        (one, other) => one.key - other.key || this.#assets.compareIds(one.slot, other.slot),
      );
      return keyed.map(({ slot }) => slot);
    });
  }
}
