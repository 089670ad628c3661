/** Places a bucket. */
const WAYS = 8;
const BUCKET_CELLS = 2 * WAYS;
const BUCKETS_MIN = 8;

/**
 * Remembers a note with a mark, the 32 bits that `mixed` makes of a key: 8 bytes a place. A bucket is 64 bytes that lie
 * together, its marks and then its notes. When it is full it forgets its lowest note, so notes begin with a time. Of 2
 * million, a stranger is taken for a known one once in 2,000 times.
 */
export class MarkTable {
  #cells = new Uint32Array(BUCKETS_MIN * BUCKET_CELLS);

  /** Marks that fit, at most. */
  get places(): number {
    return this.#cells.length / 2;
  }

  /** Grows, by a quarter at least, until so many marks fit. */
  reserve(places: number): void {
    if (places > this.places) this.#growTo(Math.ceil(Math.max(places, this.places * 1.25) / WAYS));
  }

  /** @param note 1 to 2^32 − 1. */
  put(mark: number, note: number): void {
    const known = this.#find(mark);
    const cell = known < 0 ? this.#lowest(this.#bucketOf(mark)) : known;
    this.#cells[cell] = mark;
    this.#cells[cell + WAYS] = note;
  }

  /** The note of a mark, which is forgotten; 0 when it was not known. */
  take(mark: number): number {
    const cell = this.#find(mark);
    if (cell < 0) return 0;
    const note = this.#cells[cell + WAYS] as number;
    this.#cells[cell + WAYS] = 0;
    return note;
  }

  #bucketOf(mark: number): number {
    return (mark % (this.#cells.length / BUCKET_CELLS)) * BUCKET_CELLS;
  }

  #find(mark: number): number {
    const first = this.#bucketOf(mark);
    for (let cell = first; cell < first + WAYS; cell += 1) {
      if (this.#cells[cell] === mark) return cell;
    }
    return -1;
  }

  #lowest(first: number): number {
    let lowest = first;
    for (let cell = first + 1; cell < first + WAYS; cell += 1) {
      const note = this.#cells[cell + WAYS] as number;
      if (note < (this.#cells[lowest + WAYS] as number)) lowest = cell;
    }
    return lowest;
  }

  #growTo(bucketCount: number): void {
    const cells = this.#cells;
    this.#cells = new Uint32Array(bucketCount * BUCKET_CELLS);
    for (let bucket = 0; bucket < cells.length; bucket += BUCKET_CELLS) {
      for (let cell = bucket; cell < bucket + WAYS; cell += 1) {
        const note = cells[cell + WAYS] as number;
        if (note !== 0) this.put(cells[cell] as number, note);
      }
    }
  }
}
