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
/** A last use is a tick and a class; who is in the window has this added. */
const IN_WINDOW = CLASS_COUNT;
const CLASS_BITS = 5;
const CLASS_MASK = 2 ** CLASS_BITS - 1;
const TICKS_PER_TURNOVER = 64;
/** A ghost's note: when it went, and its heat then, from 2^−8 to 2^8 in 64 steps. */
const NOTE_STEPS = 64;
const NOTE_ZERO = 32;
/** Reached after a million turnovers, years of the fastest flash; time stands still then. */
const TICK_MAX = 2 ** 26 - 1;
/** What went longer ago is a stranger again. Assumption; docs/decisions/0013 has its neighbors. */
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
 * is LRFU that remembers who has gone, behind a window as in W-TinyLFU. 22 bytes a slot, and 8 a ghost.
 * Source: D. Lee et al., "LRFU", IEEE Trans. Computers 50(12), 2001; G. Einziger et al., "TinyLFU", ACM ToS 13(4), 2017.
 */
export class HeatQueues {
  knobs: HeatKnobs;
  readonly #sizes = new ResidentSizes();
  readonly #lists = new SlotLists(CLASS_COUNT + 1);
  readonly #ghosts = new MarkTable();
  /** Pairs of a mark and a last use, to be found with one look into memory. */
  #pairs = new Uint32Array(0);
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
    return this.#pairs[2 * slot] as number;
  }
  sizeOf(slot: Slot): number {
    return this.#sizes.of(slot);
  }

  admit(slot: Slot, mark: number, sizeBytes: number): void {
    this.#sizes.add(slot, sizeBytes);
    if (2 * slot + 1 >= this.#pairs.length) this.#pairs = grown(this.#pairs, 2 * slot + 1);
    this.#pairs[2 * slot] = mark;
    this.#setLastUse(slot, this.#tick, IN_WINDOW + classOf(1 + this.#heatOfGhost(mark)));
    this.#windowBytes += sizeBytes;
    this.#lists.push(WINDOW, slot);
  }

  use(slot: Slot): void {
    const window = this.#windowAndClassOf(slot) & IN_WINDOW;
    this.#lists.unlink(this.#queueOf(slot), slot);
    const uses = classOf(1 + 2 ** (this.#logHeatOf(slot) - this.#now));
    this.#setLastUse(slot, this.#tick, window + uses);
    this.#lists.push(this.#queueOf(slot), slot);
  }

  /** Takes out whoever it is; only who is evicted leaves a ghost. */
  remove(slot: Slot): void {
    const wasInWindow = this.#queueOf(slot) === WINDOW;
    this.#lists.unlink(this.#queueOf(slot), slot);
    const sizeBytes = this.#sizes.remove(slot);
    if (wasInWindow) this.#windowBytes -= sizeBytes;
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
    this.#ghosts.put(this.markOf(slot), note);
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

  #setLastUse(slot: Slot, tick: number, windowAndClass: number): void {
    this.#pairs[2 * slot + 1] = (tick << CLASS_BITS) | windowAndClass;
  }

  #windowAndClassOf(slot: Slot): number {
    return (this.#pairs[2 * slot + 1] as number) & CLASS_MASK;
  }

  #queueOf(slot: Slot): number {
    return Math.min(WINDOW, this.#windowAndClassOf(slot));
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
      this.#pairs[2 * slot + 1] = (this.#pairs[2 * slot + 1] as number) - IN_WINDOW;
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
    const lastUse = this.#pairs[2 * slot + 1] as number;
    const turnovers = (lastUse >>> CLASS_BITS) / TICKS_PER_TURNOVER;
    return (lastUse % CLASS_COUNT) / CLASSES_PER_DOUBLING + turnovers / this.knobs.halfLife;
  }
}

const classOf = (uses: number): number =>
  Math.min(CLASS_COUNT - 1, Math.round(Math.log2(uses) * CLASSES_PER_DOUBLING));
