const BITS_MIN = 1024;

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
