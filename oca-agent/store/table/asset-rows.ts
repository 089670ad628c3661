import type { EvictionKey, Slot } from '#domain/eviction/policy.ts';
import { type AssetId, isAssetId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { EpochMs } from '#domain/units.ts';
import type { Heat } from '../heat.ts';
import { ANOTHER_ROW, NO_ROW, RowHash } from './row-hash.ts';
import { Rows } from './rows.ts';

/**
 * One row of 13 words (52 bytes) for each asset that is held or wanted; its number is the asset's slot.
 *
 *     0–7  the SHA-256, byte by byte        10  heat, as a 32-bit float above HEAT_BASE
 *     8    size, lower 32 bits              11  last use, seconds since 1970
 *     9    size, upper 21 bits; place << 21 (8 bits); wanted << 29; held << 30
 *     12   first of its names, by row + 1
 */
const WORDS = 13;
const SIZE_LOW = 8;
const SIZE_HIGH = 9;
const HEAT = 10;
const USED = 11;
const NAMES = 12;

const SIZE_HIGH_BITS = 21;
const SIZE_HIGH_MASK = 2 ** SIZE_HIGH_BITS - 1;
const PLACE_MASK = 0xff;
const WANTED = 1 << 29;
const HELD = 1 << 30;

/** Heat is near 20,800 in 2026, where 32 bits resolve 0.002; counted from here they resolve 0.0001 until 2044. */
const HEAT_BASE = 20_000;
const ID_WORDS = 8;
const ID_BYTES = 32;
/** Where the hash is taken from the id. Not from its beginning: disks are gone through in the order of that. */
const HASHED_BYTE = 28;

/** The most disks that a store tells apart, with their tiers. */
export const PLACES_MAX = PLACE_MASK + 1;

export class AssetRows {
  readonly rows = new Rows(WORDS);
  readonly hash = new RowHash((slot) => this.#hashAt(slot));
  /** Views of the rows' words, renewed when those have moved. */
  #words = this.rows.words;
  #floats = new Float32Array(this.#words.buffer);
  #bytes = Buffer.from(this.#words.buffer);
  /** The id that is looked for, in hex when it was told so, and its bytes: often it is the one before. */
  #soughtId: AssetId | undefined;
  readonly #soughtWords = new Uint32Array(ID_WORDS);
  readonly #sought = Buffer.from(this.#soughtWords.buffer);

  get sizeBytes(): number {
    return this.rows.sizeBytes + this.hash.sizeBytes;
  }

  /** The slot of an asset that is held or wanted; −1 when it is neither. */
  find(assetId: AssetId): Slot {
    if (assetId !== this.#soughtId) {
      this.#soughtId = undefined;
      if (this.#sought.write(assetId, 'hex') < ID_BYTES) return NO_ROW;
      this.#soughtId = assetId;
    }
    return this.#findSought(this.#sought.readUInt32BE(HASHED_BYTE));
  }

  /** The slot of an asset, which it gets now if it had none. */
  take(assetId: AssetId): Slot {
    const known = this.find(assetId);
    if (known >= 0) return known;
    invariant(isAssetId(assetId), 'an asset id is a SHA-256 in lower-case hex');
    const slot = this.rows.take();
    this.renewViews();
    this.#words.set(this.#soughtWords, slot * WORDS);
    this.hash.add(this.#hashAt(slot), slot);
    return slot;
  }

  /** Gives the slot back if the asset is neither held nor wanted. True: it was given back. */
  releaseIfIdle(slot: Slot): boolean {
    if (this.isInUse(slot)) return false;
    this.hash.remove(this.#hashAt(slot), slot);
    this.rows.release(slot);
    return true;
  }

  /** Puts an id in its slot, and says nothing of it to the hash. */
  put(slot: Slot, assetId: AssetId): void {
    this.rows.extend(slot + 1);
    this.renewViews();
    this.#words.fill(0, slot * WORDS, (slot + 1) * WORDS);
    this.#bytes.write(assetId, slot * WORDS * 4, 'hex');
  }
  clear(slot: Slot): void {
    this.#words.fill(0, slot * WORDS, (slot + 1) * WORDS);
  }
  /** Tells the hash of an asset that was put in its place, unless it has another slot. True: it had none. */
  hashIn(slot: Slot): boolean {
    this.#soughtId = undefined;
    for (let word = 0; word < ID_WORDS; word += 1)
      this.#soughtWords[word] = this.#words[slot * WORDS + word] as number;
    const hash = this.#hashAt(slot);
    if (this.#findSought(hash) !== NO_ROW) return false;
    this.hash.add(hash, slot);
    return true;
  }

  /** Call after the rows may have moved. */
  renewViews(): void {
    if (this.#words === this.rows.words) return;
    this.#words = this.rows.words;
    this.#floats = new Float32Array(this.#words.buffer);
    this.#bytes = Buffer.from(this.#words.buffer);
  }

  assetId(slot: Slot): AssetId {
    const first = slot * WORDS * 4;
    return this.#bytes.toString('hex', first, first + ID_BYTES) as AssetId;
  }
  /** The id's first 53 bits. */
  key(slot: Slot): EvictionKey {
    const first = slot * WORDS * 4;
    return this.#bytes.readUInt32BE(first) * 2 ** 21 + (this.#bytes.readUInt32BE(first + 4) >>> 11);
  }
  compareIds(one: Slot, other: Slot): number {
    const [from, to] = [one * WORDS * 4, other * WORDS * 4];
    return this.#bytes.compare(this.#bytes, to, to + ID_BYTES, from, from + ID_BYTES);
  }
  /** Four bytes of the id from the second on, as a number. */
  idBytesAfterFirst(slot: Slot): number {
    return this.#bytes.readUInt32BE(slot * WORDS * 4 + 1);
  }
  idByte(slot: Slot, index: number): number {
    return this.#bytes[slot * WORDS * 4 + index] as number;
  }

  /** Call where `sizeOf` and `placeOf` of a slot will probably be asked for, some time before. */
  fetch(slot: Slot): void {
    this.rows.fetch(slot, SIZE_HIGH);
  }
  sizeOf(slot: Slot): number {
    return (this.#word(slot, SIZE_HIGH) & SIZE_HIGH_MASK) * 2 ** 32 + this.#word(slot, SIZE_LOW);
  }
  setSize(slot: Slot, sizeBytes: number): void {
    this.#words[slot * WORDS + SIZE_LOW] = sizeBytes % 2 ** 32;
    this.#replaceBits(slot, SIZE_HIGH_MASK, Math.floor(sizeBytes / 2 ** 32));
  }
  /** Where it lies: a number that the caller gave a meaning, below PLACES_MAX. */
  placeOf(slot: Slot): number {
    return (this.#word(slot, SIZE_HIGH) >>> SIZE_HIGH_BITS) & PLACE_MASK;
  }
  setPlace(slot: Slot, place: number): void {
    this.#replaceBits(slot, PLACE_MASK << SIZE_HIGH_BITS, place << SIZE_HIGH_BITS);
  }

  isInUse(slot: Slot): boolean {
    return (this.#word(slot, SIZE_HIGH) & (HELD | WANTED)) !== 0;
  }
  isHeld(slot: Slot): boolean {
    return (this.#word(slot, SIZE_HIGH) & HELD) !== 0;
  }
  setHeld(slot: Slot, isHeld: boolean): void {
    this.#replaceBits(slot, HELD, isHeld ? HELD : 0);
  }
  isWanted(slot: Slot): boolean {
    return (this.#word(slot, SIZE_HIGH) & WANTED) !== 0;
  }
  setWanted(slot: Slot, isWanted: boolean): void {
    this.#replaceBits(slot, WANTED, isWanted ? WANTED : 0);
  }

  heatOf(slot: Slot): Heat {
    return (this.#floats[slot * WORDS + HEAT] as number) + HEAT_BASE;
  }
  setHeat(slot: Slot, heat: Heat): void {
    this.#floats[slot * WORDS + HEAT] = heat - HEAT_BASE;
  }
  /** In whole seconds. */
  lastUsedAt(slot: Slot): EpochMs {
    return (this.#word(slot, USED) * 1000) as EpochMs;
  }
  setLastUsedAt(slot: Slot, usedAt: EpochMs): void {
    this.#words[slot * WORDS + USED] = Math.floor(usedAt / 1000);
  }

  /** The first of an asset's names, by row; −1 when it has none. */
  firstName(slot: Slot): number {
    return this.#word(slot, NAMES) - 1;
  }
  setFirstName(slot: Slot, nameRow: number): void {
    this.#words[slot * WORDS + NAMES] = nameRow + 1;
  }

  #word(slot: Slot, word: number): number {
    return this.#words[slot * WORDS + word] as number;
  }
  #replaceBits(slot: Slot, mask: number, bits: number): void {
    const at = slot * WORDS + SIZE_HIGH;
    this.#words[at] = ((this.#words[at] as number) & ~mask) | bits;
  }
  #hashAt(slot: Slot): number {
    return this.#bytes.readUInt32BE(slot * WORDS * 4 + HASHED_BYTE);
  }
  #findSought(hash: number): Slot {
    const { hash: buckets } = this;
    for (let bucket = buckets.home(hash); ; bucket = buckets.after(bucket)) {
      const slot = buckets.rowAt(bucket, hash);
      if (slot === NO_ROW) return NO_ROW;
      if (slot !== ANOTHER_ROW && this.#matches(slot)) return slot;
    }
  }
  #matches(slot: Slot): boolean {
    const first = slot * WORDS;
    for (let word = 0; word < ID_WORDS; word += 1)
      if (this.#words[first + word] !== this.#soughtWords[word]) return false;
    return true;
  }
}
