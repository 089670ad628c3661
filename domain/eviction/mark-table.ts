/** Places a bucket; 64 bytes of marks and notes lie together. */
const WAYS = 8;
const BUCKETS_MIN = 8;

/**
 * Remembers a note with a mark, the 32 bits that `mixed` makes of a key: 8 bytes a place. A bucket that is full forgets
 * its lowest note, so notes begin with a time. Of 2 million, a stranger is taken for a known one once in 2,000 times.
 */
export class MarkTable {
  #marks = new Uint32Array(BUCKETS_MIN * WAYS);
  #notes = new Uint32Array(BUCKETS_MIN * WAYS);

  /** Marks that fit, at most. */
  get places(): number {
    return this.#notes.length;
  }

  /** Grows, by a quarter at least, until so many marks fit. */
  reserve(places: number): void {
    if (places > this.places) this.#growTo(Math.ceil(Math.max(places, this.places * 1.25) / WAYS));
  }

  /** @param note 1 to 2^32 − 1. */
  put(mark: number, note: number): void {
    const known = this.#find(mark);
    const place = known < 0 ? this.#lowest(this.#bucketOf(mark)) : known;
    this.#marks[place] = mark;
    this.#notes[place] = note;
  }

  /** The note of a mark, which is forgotten; 0 when it was not known. */
  take(mark: number): number {
    const place = this.#find(mark);
    if (place < 0) return 0;
    const note = this.#notes[place] as number;
    this.#notes[place] = 0;
    return note;
  }

  #bucketOf(mark: number): number {
    return (mark % (this.places / WAYS)) * WAYS;
  }

  #find(mark: number): number {
    const first = this.#bucketOf(mark);
    for (let place = first; place < first + WAYS; place += 1) {
      if (this.#marks[place] === mark) return place;
    }
    return -1;
  }

  #lowest(first: number): number {
    let lowest = first;
    for (let place = first + 1; place < first + WAYS; place += 1) {
      if ((this.#notes[place] as number) < (this.#notes[lowest] as number)) lowest = place;
    }
    return lowest;
  }

  #growTo(bucketCount: number): void {
    const marks = this.#marks;
    const notes = this.#notes;
    this.#marks = new Uint32Array(bucketCount * WAYS);
    this.#notes = new Uint32Array(bucketCount * WAYS);
    notes.forEach((note, place) => {
      if (note !== 0) this.put(marks[place] as number, note);
    });
  }
}
