import type { Slot } from '#domain/eviction/policy.ts';
import type { EpochMs } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import { Rows } from './rows.ts';

/**
 * One row of 8 words (32 bytes) for each line of the plan in force, in its order:
 *
 *     0–1  priority, a double              4  name, by its row       6  record of its own, or 0: that of the name
 *     2–3  available until, a double       5  slot of the asset      7  tier
 *
 * A line that a later one overrides has no name: NOBODY.
 */
const WORDS = 8;
const PRIORITY = 0;
const UNTIL = 1;
const NAME = 4;
const SLOT = 5;
const RECORD = 6;
const TIER = 7;
const NOBODY = 0xffff_ffff;

export interface PlanLine {
  readonly nameRow: number;
  readonly slot: Slot;
  readonly tier: Tier;
  readonly priority: number;
  /** Infinity: it does not end. */
  readonly availableUntil: number;
  readonly record: number;
}

export class PlanRows {
  readonly #rows = new Rows(WORDS);
  #doubles = new Float64Array(this.#rows.words.buffer);
  /** Ends of licences by slot: of several lines for one asset the last; 0 where nothing is planned. */
  #endBySlot: Float64Array | undefined;
  #hasEnds = false;
  /** Positions by priority; undefined while they stand so already. */
  #order: Uint32Array | undefined;
  #isInOrder = true;

  get count(): number {
    return this.#rows.count;
  }
  get sizeBytes(): number {
    return this.#rows.sizeBytes + (this.#endBySlot?.byteLength ?? 0);
  }

  add(line: PlanLine): number {
    const position = this.#rows.take();
    if (this.#doubles.buffer !== this.#rows.words.buffer)
      this.#doubles = new Float64Array(this.#rows.words.buffer);
    const { words } = this.#rows;
    const first = position * WORDS;
    this.#doubles[first / 2 + PRIORITY] = line.priority;
    this.#doubles[first / 2 + UNTIL] = line.availableUntil;
    words[first + NAME] = line.nameRow;
    words[first + SLOT] = line.slot;
    words[first + RECORD] = line.record;
    words[first + TIER] = line.tier === 'flash' ? 0 : 1;
    if (Number.isFinite(line.availableUntil)) this.#hasEnds = true;
    if (position > 0 && this.priority(position - 1) < line.priority) this.#isInOrder = false;
    return position;
  }

  /** A later line gives the same name to what it wants. */
  override(position: number): void {
    this.#rows.words[position * WORDS + NAME] = NOBODY;
  }
  isInForce(position: number): boolean {
    return this.#word(position, NAME) !== NOBODY;
  }

  nameRow(position: number): number {
    return this.#word(position, NAME);
  }
  slot(position: number): Slot {
    return this.#word(position, SLOT);
  }
  tier(position: number): Tier {
    return this.#word(position, TIER) === 0 ? 'flash' : 'hdd';
  }
  priority(position: number): number {
    return this.#doubles[(position * WORDS) / 2 + PRIORITY] as number;
  }
  availableUntil(position: number): number {
    return this.#doubles[(position * WORDS) / 2 + UNTIL] as number;
  }
  recordOf(position: number): number {
    return this.#word(position, RECORD);
  }
  setRecord(position: number, record: number): void {
    this.#rows.words[position * WORDS + RECORD] = record;
  }

  /** When the last licence of an asset ends; undefined when it does not, or nothing is planned of it. */
  endOf(slot: Slot): EpochMs | undefined {
    const end = this.#endBySlot?.[slot] ?? 0;
    return end > 0 && Number.isFinite(end) ? (end as EpochMs) : undefined;
  }

  /** Call when all lines are in. */
  finish(slotCount: number): void {
    if (this.#hasEnds) this.#endBySlot = this.#collectEnds(slotCount);
    if (this.#isInOrder) return;
    const order = Uint32Array.from({ length: this.count }, (_, position) => position);
    this.#order = order.sort(
      (one, other) => this.priority(other) - this.priority(one) || one - other,
    );
  }

  /** The lines in force, most wanted first. */
  *positions(): Generator<number> {
    for (let index = 0; index < this.count; index += 1) {
      const position = this.#order?.[index] ?? index;
      if (this.isInForce(position)) yield position;
    }
  }

  #collectEnds(slotCount: number): Float64Array {
    const ends = new Float64Array(slotCount);
    for (let position = 0; position < this.count; position += 1) {
      if (!this.isInForce(position)) continue;
      const slot = this.slot(position);
      ends[slot] = Math.max(1, ends[slot] as number, this.availableUntil(position));
    }
    return ends;
  }

  #word(position: number, word: number): number {
    return this.#rows.words[position * WORDS + word] as number;
  }
}
