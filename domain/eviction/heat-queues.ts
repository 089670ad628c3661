import { grown } from './columns.ts';
import { MarkTable } from './mark-table.ts';
import type { Slot } from './policy.ts';
import { ResidentSizes } from './resident-sizes.ts';
import { NONE, SlotLists } from './slot-lists.ts';

/** What the order of victims depends on. May change at any time: nothing is stored under it. */
export interface HeatKnobs {
  /** Of the bytes held: how much the newest may fill, whatever their heat. 1 makes this LRU. */
  readonly windowShare: number;
  /** Turnovers after which a use counts half. Towards 0 this becomes LRU, towards infinity LFU. */
  readonly halfLife: number;
}

/** Aged uses are kept as a class, four to a doubling. Rounding holds them at 11 or so, where one more is next to nothing. */
const CLASSES_PER_DOUBLING = 4;
const CLASS_COUNT = 16;
const WINDOW = CLASS_COUNT;
const TICKS_PER_TURNOVER = 64;
/** A ghost's note: when it went, and its heat then, from 2^−8 to 2^8 in 64 steps. */
const NOTE_STEPS = 64;
const NOTE_ZERO = 32;
/** Reached after a million turnovers, years of the fastest flash; time stands still then. */
const TICK_MAX = 2 ** 26 - 1;
/** What went longer ago is a stranger again. Assumption; docs/decisions/0012 has its neighbors. */
const GHOST_TURNOVERS = 2;
const GHOSTS_PER_RESIDENT = 2;

/**
 * Residents by heat, in queues. Time is counted in turnovers: bytes evicted over bytes held.
 *
 *     admit ─▶ window, by last use ─ overflow ─▶ the class of its uses, by last use ─▶ gone; a ghost keeps its heat
 *
 *     log₂ heat(t) = class / 4 − (t − last use) / half-life
 *
 * In a class the oldest is the coldest, so the coldest of all is one of 16, and a use costs no more than two links. This
 * is LRFU that remembers who has gone, behind a window as in W-TinyLFU. 24 bytes a slot, and 8 a ghost.
 * Source: D. Lee et al., "LRFU", IEEE Trans. Computers 50(12), 2001; G. Einziger et al., "TinyLFU", ACM ToS 13(4), 2017.
 */
export class HeatQueues {
  knobs: HeatKnobs;
  readonly #sizes = new ResidentSizes();
  readonly #lists = new SlotLists(CLASS_COUNT + 1);
  readonly #ghosts = new MarkTable();
  #marks = new Uint32Array(0);
  #lastTicks = new Uint32Array(0);
  #classes = new Uint8Array(0);
  #isInWindow = new Uint8Array(0);
  #windowBytes = 0;
  #turnovers = 0;

  constructor(knobs: HeatKnobs) {
    this.knobs = knobs;
  }

  get bytes(): number {
    return this.#sizes.bytes;
  }
  get count(): number {
    return this.#sizes.count;
  }
  has(slot: Slot): boolean {
    return this.#sizes.has(slot);
  }
  markOf(slot: Slot): number {
    return this.#marks[slot] as number;
  }
  sizeOf(slot: Slot): number {
    return this.#sizes.of(slot);
  }

  admit(slot: Slot, mark: number, sizeBytes: number): void {
    this.#sizes.add(slot, sizeBytes);
    if (slot >= this.#marks.length) this.#grow(slot);
    this.#marks[slot] = mark;
    this.#classes[slot] = classOf(1 + this.#heatOfGhost(mark));
    this.#lastTicks[slot] = this.#tick;
    this.#isInWindow[slot] = 1;
    this.#windowBytes += sizeBytes;
    this.#lists.push(WINDOW, slot);
  }

  use(slot: Slot): void {
    this.#lists.unlink(this.#queueOf(slot), slot);
    this.#classes[slot] = classOf(1 + 2 ** (this.#logHeatOf(slot) - this.#now));
    this.#lastTicks[slot] = this.#tick;
    this.#lists.push(this.#queueOf(slot), slot);
  }

  /** Takes out whoever it is; only who is evicted leaves a ghost. */
  remove(slot: Slot): void {
    this.#lists.unlink(this.#queueOf(slot), slot);
    const sizeBytes = this.#sizes.remove(slot);
    if (this.#isInWindow[slot] === 1) this.#windowBytes -= sizeBytes;
  }

  evict(mayGo: (slot: Slot) => boolean): Slot | undefined {
    this.#emptyWindow();
    const slot = this.#coldest(mayGo);
    if (slot === NONE) return undefined;
    const sizeBytes = this.#sizes.of(slot);
    this.#turnovers += sizeBytes / Math.max(1, this.#sizes.bytes);
    this.#ghosts.reserve(GHOSTS_PER_RESIDENT * this.#sizes.count);
    const step = NOTE_ZERO + Math.round(CLASSES_PER_DOUBLING * (this.#logHeatOf(slot) - this.#now));
    const note = this.#tick * NOTE_STEPS + Math.min(NOTE_STEPS - 1, Math.max(1, step));
    this.#ghosts.put(this.#marks[slot] as number, note);
    this.remove(slot);
    return slot;
  }

  get #tick(): number {
    return Math.min(TICK_MAX, Math.floor(this.#turnovers * TICKS_PER_TURNOVER));
  }

  /** Turnovers, in half-lives. */
  get #now(): number {
    return this.#turnovers / this.knobs.halfLife;
  }

  #queueOf(slot: Slot): number {
    return this.#isInWindow[slot] === 1 ? WINDOW : (this.#classes[slot] as number);
  }

  /** What this one had left when it went, aged since; 0 for a stranger. */
  #heatOfGhost(mark: number): number {
    const note = this.#ghosts.take(mark);
    if (note === 0) return 0;
    const goneFor = this.#turnovers - Math.floor(note / NOTE_STEPS) / TICKS_PER_TURNOVER;
    if (goneFor > GHOST_TURNOVERS) return 0;
    const logHeat = ((note % NOTE_STEPS) - NOTE_ZERO) / CLASSES_PER_DOUBLING;
    return 2 ** (logHeat - goneFor / this.knobs.halfLife);
  }

  #emptyWindow(): void {
    const limitBytes = this.knobs.windowShare * this.#sizes.bytes;
    while (this.#windowBytes > limitBytes) {
      const slot = this.#lists.oldest(WINDOW);
      this.#lists.unlink(WINDOW, slot);
      this.#isInWindow[slot] = 0;
      this.#windowBytes -= this.#sizes.of(slot);
      this.#lists.push(this.#queueOf(slot), slot);
    }
  }

  /** The coldest outside of the window who may go; if nobody there may, the oldest in it. */
  #coldest(mayGo: (slot: Slot) => boolean): Slot {
    let coldest = NONE;
    let leastHeat = Number.POSITIVE_INFINITY;
    for (let queue = 0; queue < CLASS_COUNT; queue += 1) {
      let slot = this.#lists.oldest(queue);
      while (slot !== NONE && this.#logHeatOf(slot) < leastHeat && !mayGo(slot)) {
        slot = this.#lists.newer(slot);
      }
      if (slot === NONE || this.#logHeatOf(slot) >= leastHeat) continue;
      coldest = slot;
      leastHeat = this.#logHeatOf(slot);
    }
    if (coldest !== NONE) return coldest;
    let slot = this.#lists.oldest(WINDOW);
    while (slot !== NONE && !mayGo(slot)) slot = this.#lists.newer(slot);
    return slot;
  }

  /** log₂ of the heat, as it was at time 0: the order of two does not change with time. */
  #logHeatOf(slot: Slot): number {
    const lastUse = (this.#lastTicks[slot] as number) / TICKS_PER_TURNOVER;
    return (this.#classes[slot] as number) / CLASSES_PER_DOUBLING + lastUse / this.knobs.halfLife;
  }

  #grow(slot: Slot): void {
    this.#marks = grown(this.#marks, slot);
    this.#lastTicks = grown(this.#lastTicks, slot);
    this.#classes = grown(this.#classes, slot);
    this.#isInWindow = grown(this.#isInWindow, slot);
  }
}

const classOf = (uses: number): number =>
  Math.min(CLASS_COUNT - 1, Math.round(Math.log2(uses) * CLASSES_PER_DOUBLING));
