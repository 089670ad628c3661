import type { ParityGroupId } from '#domain/ids.ts';
/** Where a group's columns are in the table: given to another group when this one has gone. */
export type GroupNumber = number;

/** 128 bits. */
const ID_BYTES = 16;
const EMPTY = -1;
const CAPACITY_MIN = 64;

/**
 * Numbers for group ids, given again when a group has gone. A hash table with open addressing over the ids' own bits,
 * which are those of a SHA-256: 16 bytes an id, and at most 16 for its place.
 */
export class GroupNumbers {
  #ids = Buffer.alloc(0);
  #isTaken = new Uint8Array(0);
  readonly #free: GroupNumber[] = [];
  #end = 0;
  /** Group numbers by hash; at least half of the places are empty. */
  #places = new Int32Array(CAPACITY_MIN).fill(EMPTY);
  size = 0;

  has(group: GroupNumber): boolean {
    return this.#isTaken[group] === 1;
  }
  *all(): Iterable<GroupNumber> {
    for (let group = 0; group < this.#end; group += 1) if (this.has(group)) yield group;
  }
  groupIdAt(group: GroupNumber): ParityGroupId {
    return this.#ids.toString('hex', group * ID_BYTES, (group + 1) * ID_BYTES) as ParityGroupId;
  }

  find(groupId: ParityGroupId): GroupNumber | undefined {
    const group = this.#places[this.#placeOf(Buffer.from(groupId, 'hex'))] ?? EMPTY;
    return group === EMPTY ? undefined : group;
  }

  /** The number of an id, new or not. */
  add(groupId: ParityGroupId): GroupNumber {
    const id = Buffer.from(groupId, 'hex');
    const known = this.#places[this.#placeOf(id)] ?? EMPTY;
    if (known !== EMPTY) return known;
    const group = this.#free.pop() ?? this.#end++;
    if (group >= this.#isTaken.length) this.#growIds(group);
    id.copy(this.#ids, group * ID_BYTES);
    this.#isTaken[group] = 1;
    this.size += 1;
    if (this.size * 2 > this.#places.length) this.#rehash(this.#places.length * 2);
    else this.#places[this.#placeOf(id)] = group;
    return group;
  }

  remove(group: GroupNumber): void {
    if (!this.has(group)) return;
    const place = this.#placeOf(this.#idAt(group));
    this.#isTaken[group] = 0;
    this.size -= 1;
    this.#free.push(group);
    this.#closeGap(place);
  }

  /** The place of an id, or where it would go. */
  #placeOf(id: Buffer): number {
    const mask = this.#places.length - 1;
    let place = id.readUInt32LE(0) & mask;
    for (;;) {
      const group = this.#places[place] ?? EMPTY;
      if (group === EMPTY || this.#idAt(group).equals(id)) return place;
      place = (place + 1) & mask;
    }
  }

  /** Moves up what a search would no longer find behind an empty place. Source: Knuth, TAOCP 3, 6.4, algorithm R. */
  #closeGap(emptied: number): void {
    const mask = this.#places.length - 1;
    let gap = emptied;
    this.#places[gap] = EMPTY;
    for (let place = (gap + 1) & mask; ; place = (place + 1) & mask) {
      const group = this.#places[place] ?? EMPTY;
      if (group === EMPTY) return;
      const home = this.#idAt(group).readUInt32LE(0) & mask;
      const isBetween = gap < place ? gap < home && home <= place : gap < home || home <= place;
      if (isBetween) continue;
      this.#places[gap] = group;
      this.#places[place] = EMPTY;
      gap = place;
    }
  }

  #rehash(length: number): void {
    this.#places = new Int32Array(length).fill(EMPTY);
    for (const group of this.all()) this.#places[this.#placeOf(this.#idAt(group))] = group;
  }

  #growIds(group: GroupNumber): void {
    const capacity = Math.max(CAPACITY_MIN, group + 1, Math.ceil(this.#isTaken.length * 1.25));
    const ids = Buffer.alloc(capacity * ID_BYTES);
    this.#ids.copy(ids);
    this.#ids = ids;
    const isTaken = new Uint8Array(capacity);
    isTaken.set(this.#isTaken);
    this.#isTaken = isTaken;
  }

  #idAt(group: GroupNumber): Buffer {
    return this.#ids.subarray(group * ID_BYTES, (group + 1) * ID_BYTES);
  }
}
