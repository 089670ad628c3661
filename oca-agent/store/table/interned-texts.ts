export interface InternedText {
  readonly text: string;
  /** Rows that share it. */
  readonly uses: number;
}

/**
 * A cell for each short text: its length + 1, then its letters, in Latin-1. 0: the text is not in a cell. Cells of thousands
 * of texts fit a processor's cache, the engine's strings do not: a comparison with one of those takes 200 to 300 ns more.
 */
const CELL_BYTES = 16;
const CELLS_MIN = 256;
const LATIN1 = /^[\0-\xff]*$/;

/** Texts that many rows share, each by a small number, which is given to another text when nobody uses it any more. */
export class InternedTexts {
  readonly #numbers = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  #cells = Buffer.alloc(CELLS_MIN * CELL_BYTES);
  readonly #countMax: number;

  constructor(countMax = Number.POSITIVE_INFINITY) {
    this.#countMax = countMax;
  }

  /** Without the strings, which the engine keeps. */
  get sizeBytes(): number {
    return this.#cells.length;
  }

  /** −1: unknown. */
  numberOf(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }
  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  /** Whether this is the text of the number. */
  is(number: number, text: string): boolean {
    const cells = this.#cells;
    const first = number * CELL_BYTES;
    if (!cells[first]) return this.#texts[number] === text;
    const { length } = text;
    if (cells[first] !== length + 1) return false;
    for (let index = 0; index < length; index += 1)
      if (cells[first + 1 + index] !== text.charCodeAt(index)) return false;
    return true;
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
    this.#clear(number);
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
      this.#clear(number);
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
      this.#clear(number);
      this.#free.push(number);
    });
  }

  #put(number: number, text: string): void {
    this.#numbers.set(text, number);
    this.#texts[number] = text;
    this.#uses[number] = 0;
    this.#putInCell(number, text);
  }
  #putInCell(number: number, text: string): void {
    if (text.length >= CELL_BYTES || !LATIN1.test(text)) return;
    const first = number * CELL_BYTES;
    if (first >= this.#cells.length)
      this.#cells = Buffer.concat([this.#cells], Math.max(first + CELL_BYTES, 2 * first));
    this.#cells[first] = text.length + 1;
    this.#cells.write(text, first + 1, 'latin1');
  }
  #clear(number: number): void {
    this.#texts[number] = undefined;
    if (number * CELL_BYTES < this.#cells.length) this.#cells[number * CELL_BYTES] = 0;
  }
}
