import type { Random } from '#domain/random.ts';

/**
 * A fair sample of values, however many come: each has the same chance to be in it. Source: J. S. Vitter, "Random
 * Sampling with a Reservoir", ACM TOMS 11(1), 1985, algorithm R.
 */
export class Reservoir {
  readonly #sizeMax: number;
  readonly #random: Random;
  #seen = 0;
  #values: number[] = [];

  constructor(sizeMax: number, random: Random) {
    this.#sizeMax = sizeMax;
    this.#random = random;
  }

  get values(): readonly number[] {
    return this.#values;
  }

  add(value: number): void {
    this.#seen += 1;
    if (this.#values.length < this.#sizeMax) {
      this.#values.push(value);
      return;
    }
    const place = Math.floor(this.#random.next() * this.#seen);
    if (place < this.#sizeMax) this.#values[place] = value;
  }

  /** Begins anew. */
  clear(): void {
    this.#seen = 0;
    this.#values = [];
  }
}
