export interface InternedText {
  readonly text: string;
  /** Rows that share it. */
  readonly uses: number;
}

/** Texts that many rows share, each by a small number, which is given to another text when nobody uses it any more. */
export class InternedTexts {
  readonly #numbers = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  readonly #countMax: number;

  constructor(countMax = Number.POSITIVE_INFINITY) {
    this.#countMax = countMax;
  }

  /** −1: unknown. */
  numberOf(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }
  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  has(number: number): boolean {
    return this.#texts[number] !== undefined;
  }

  /** The number of a text, in use once more. */
  retain(text: string): number {
    const number = this.put(text);
    this.reuse(number);
    return number;
  }
  /** The number of a text, whether anybody uses it or not; −1 when there are as many as there may be. */
  put(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#numbers.size >= this.#countMax) return -1;
    const number = this.#free.pop() ?? this.#texts.length;
    this.#put(number, text);
    return number;
  }

  release(number: number): void {
    const uses = (this.#uses[number] ?? 0) - 1;
    this.#uses[number] = uses;
    if (uses > 0) return;
    this.#numbers.delete(this.text(number));
    this.#texts[number] = undefined;
    this.#free.push(number);
  }

  /** All texts by number; null where a number is free. */
  list(): (InternedText | null)[] {
    return this.#texts.map((text, number) =>
      text === undefined ? null : { text, uses: this.#uses[number] ?? 0 },
    );
  }

  /** Puts a list back into an empty table. Say `dropUnused` at the end. */
  restore(texts: readonly (InternedText | null)[]): void {
    texts.forEach((entry, number) => {
      this.#texts[number] = undefined;
      if (entry) this.#put(number, entry.text);
      this.#uses[number] = entry?.uses ?? 0;
    });
  }
  /** Says that nothing is in use. Then say `reuse` of every use, and `dropUnused` at the end. */
  clearUses(): void {
    this.#uses.fill(0);
  }
  reuse(number: number): void {
    this.#uses[number] = (this.#uses[number] ?? 0) + 1;
  }
  dropUnused(): void {
    this.#free.length = 0;
    this.#texts.forEach((text, number) => {
      if (this.#uses[number]) return;
      if (text !== undefined) this.#numbers.delete(text);
      this.#texts[number] = undefined;
      this.#free.push(number);
    });
  }

  #put(number: number, text: string): void {
    this.#numbers.set(text, number);
    this.#texts[number] = text;
    this.#uses[number] = 0;
  }
}
