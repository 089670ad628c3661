/** Keeps the few with the highest scores of many that are offered one by one. */
export class Shortlist<Item> {
  readonly #lengthMax: number;
  #entries: { readonly item: Item; readonly score: number }[] = [];

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  get items(): readonly Item[] {
    return this.#entries.map(({ item }) => item);
  }

  /** An offer with no higher score than this is in vain. */
  get scoreMin(): number {
    return this.#entries.length < this.#lengthMax
      ? Number.NEGATIVE_INFINITY
      : (this.#entries.at(-1)?.score ?? Number.POSITIVE_INFINITY);
  }

  offer(item: Item, score: number): void {
    if (score <= this.scoreMin) return;
    const others = this.#entries.filter((entry) => entry.item !== item);
    const at = others.findIndex((entry) => entry.score < score);
    others.splice(at === -1 ? others.length : at, 0, { item, score });
    this.#entries = others.slice(0, this.#lengthMax);
  }

  clear(): void {
    this.#entries = [];
  }
}
