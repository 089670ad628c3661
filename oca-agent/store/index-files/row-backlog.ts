const BITS_MIN = 1024;
const TAKEN_AT_A_TIME = 4096;

/** Numbers of rows that are to be written some time: one bit each, for there may be millions. Taken in turn, round and round. */
export class RowBacklog {
  #bits = new Uint32Array(BITS_MIN / 32);
  /** Where the next are taken from, in words. */
  #at = 0;
  size = 0;

  add(row: number): void {
    this.#reserve(row + 1);
    const word = row >>> 5;
    const bits = this.#bits[word] as number;
    const bit = 1 << (row & 31);
    if (bits & bit) return;
    this.#bits[word] = bits | bit;
    this.size += 1;
  }

  /** Takes out as many as asked for, and up to 31 more; fewer when there are no more. */
  take(count: number): number[] {
    const rows: number[] = [];
    while (rows.length < count && this.size > rows.length) this.#takeWord(rows);
    this.size -= rows.length;
    return rows;
  }

  /** Takes over all of another. */
  absorb(other: RowBacklog): void {
    while (other.size > 0) for (const row of other.take(TAKEN_AT_A_TIME)) this.add(row);
  }

  #takeWord(rows: number[]): void {
    const word = this.#at;
    this.#at = (word + 1) % this.#bits.length;
    let bits = this.#bits[word] as number;
    this.#bits[word] = 0;
    for (let row = word * 32; bits !== 0; row += 1, bits >>>= 1) if (bits & 1) rows.push(row);
  }

  #reserve(end: number): void {
    if (end <= this.#bits.length * 32) return;
    const longer = new Uint32Array(2 ** Math.ceil(Math.log2(end)) / 32);
    longer.set(this.#bits);
    this.#bits = longer;
  }
}

/** Rows of assets and of names. */
export class Backlog {
  readonly slots = new RowBacklog();
  readonly nameRows = new RowBacklog();

  get size(): number {
    return this.slots.size + this.nameRows.size;
  }

  /** Takes out about as many as asked for, of both. */
  take(count: number): TakenRows {
    const slots = this.slots.take(count / 2);
    const nameRows = this.nameRows.take(count - slots.length);
    return { slots, nameRows, size: slots.length + nameRows.length };
  }
  add({ slots, nameRows }: TakenRows): void {
    for (const slot of slots) this.slots.add(slot);
    for (const row of nameRows) this.nameRows.add(row);
  }
  absorb(other: Backlog): void {
    this.slots.absorb(other.slots);
    this.nameRows.absorb(other.nameRows);
  }
}

export interface TakenRows {
  readonly slots: readonly number[];
  readonly nameRows: readonly number[];
  readonly size: number;
}
