import { grown, mixed } from './columns.ts';
import type { EvictionKey } from './policy.ts';
import { NONE, SlotLists } from './slot-lists.ts';

const QUEUE = 0;
const BUCKETS_MIN = 64;

/**
 * Remembers who has gone, in order, up to so many bytes of them. By 32 bits of the key: of a million ghosts, a stranger
 * is taken for one of them once in 4,000 times.
 */
export class GhostQueue {
  #limitBytes: number;
  #bytes = 0;
  #count = 0;
  readonly #lists = new SlotLists(1);
  #marks = new Uint32Array(0);
  #sizes = new Float64Array(0);
  /** The next in the same bucket, or the next free place. */
  #chained = new Int32Array(0);
  #buckets = new Int32Array(BUCKETS_MIN).fill(NONE);
  #free = NONE;
  #end = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(key: EvictionKey, sizeBytes: number): void {
    if (sizeBytes > this.#limitBytes) return;
    this.remove(key);
    while (this.#bytes + sizeBytes > this.#limitBytes) this.#forget(this.#lists.oldest(QUEUE));
    const place = this.#takePlace();
    const mark = mixed(key);
    this.#marks[place] = mark;
    this.#sizes[place] = sizeBytes;
    this.#bytes += sizeBytes;
    this.#count += 1;
    if (this.#count > this.#buckets.length) this.#rehash();
    this.#chain(place);
    this.#lists.push(QUEUE, place);
  }

  /** Forgets a ghost; whether it was there. */
  remove(key: EvictionKey): boolean {
    const mark = mixed(key);
    let place = this.#buckets[this.#bucketOf(mark)] as number;
    while (place !== NONE && this.#marks[place] !== mark) place = this.#chained[place] as number;
    if (place === NONE) return false;
    this.#forget(place);
    return true;
  }

  #bucketOf(mark: number): number {
    return mark & (this.#buckets.length - 1);
  }

  #chain(place: number): void {
    const bucket = this.#bucketOf(this.#marks[place] as number);
    this.#chained[place] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = place;
  }

  #forget(place: number): void {
    const bucket = this.#bucketOf(this.#marks[place] as number);
    const next = this.#chained[place] as number;
    let before = this.#buckets[bucket] as number;
    if (before === place) this.#buckets[bucket] = next;
    else {
      while (this.#chained[before] !== place) before = this.#chained[before] as number;
      this.#chained[before] = next;
    }
    this.#lists.unlink(QUEUE, place);
    this.#bytes -= this.#sizes[place] as number;
    this.#count -= 1;
    this.#chained[place] = this.#free;
    this.#free = place;
  }

  #takePlace(): number {
    const place = this.#free;
    if (place !== NONE) {
      this.#free = this.#chained[place] as number;
      return place;
    }
    if (this.#end >= this.#marks.length) {
      this.#marks = grown(this.#marks, this.#end);
      this.#sizes = grown(this.#sizes, this.#end);
      this.#chained = grown(this.#chained, this.#end, NONE);
    }
    this.#end += 1;
    return this.#end - 1;
  }

  #rehash(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2).fill(NONE);
    for (let place = this.#lists.oldest(QUEUE); place !== NONE; place = this.#lists.newer(place)) {
      this.#chain(place);
    }
  }
}
