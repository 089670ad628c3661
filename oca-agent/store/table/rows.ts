const ROWS_MIN = 256;
/** What is reserved takes memory, so many rows grow by a little: 16 copies for twice as many. */
const MANY_ROWS = 2 ** 16;
const GROWTH_OF_MANY = 1 / 16;
const GROWTH_OF_FEW = 1 / 2;

/**
 * Rows of a fixed number of 32-bit words, one after another in one array, so that a row costs one or two cache misses.
 * A row that was released is all zeros, and is given out again.
 */
export class Rows {
  words: Uint32Array<ArrayBuffer>;
  /** One more than the largest row that was ever in use. */
  count = 0;
  readonly wordsPerRow: number;
  /** What `fetch` read: kept so that the read is not optimized away. */
  fetched: number | undefined;
  #free: number[] = [];

  constructor(wordsPerRow: number) {
    this.wordsPerRow = wordsPerRow;
    this.words = new Uint32Array(ROWS_MIN * wordsPerRow);
  }

  get sizeBytes(): number {
    return this.words.byteLength;
  }
  get capacity(): number {
    return this.words.length / this.wordsPerRow;
  }

  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.extend(this.count + 1);
    return this.count - 1;
  }

  release(row: number): void {
    const first = row * this.wordsPerRow;
    this.words.fill(0, first, first + this.wordsPerRow);
    this.#free.push(row);
  }

  /** Makes the first `count` rows exist. New ones are neither in use nor free until `findFree`. */
  extend(count: number): void {
    this.count = Math.max(this.count, count);
    if (count * this.wordsPerRow <= this.words.length) return;
    const growth = this.capacity < MANY_ROWS ? GROWTH_OF_FEW : GROWTH_OF_MANY;
    this.reserve(Math.max(count, Math.ceil(this.capacity * (1 + growth))));
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    if (rows * this.wordsPerRow <= this.words.length) return;
    const longer = new Uint32Array(rows * this.wordsPerRow);
    longer.set(this.words);
    this.words = longer;
  }

  /** Has the processor bring a word of a row that is probably asked for next, and does not wait for it. */
  fetch(row: number, word: number): void {
    this.fetched = this.words[row * this.wordsPerRow + word];
  }

  /** Says anew which rows are free, after rows were put in place by their number. */
  findFree(isInUse: (row: number) => boolean): void {
    this.#free = [];
    for (let row = this.count - 1; row >= 0; row -= 1) if (!isInUse(row)) this.#free.push(row);
  }
}
