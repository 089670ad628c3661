import type { Slot } from '#domain/eviction/policy.ts';
import type { DiskId, ParityGroupId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import { DiskNumbers, NO_DISK } from './disk-numbers.ts';
import { type GroupNumber, GroupNumbers } from './group-numbers.ts';
import type { ParityShape } from './parity-record.ts';

/**
 * How a piece of a group stands. `none`: a column without a member, which counts as zeros. `present`: the asset is held, or
 * the row is there. `retired`: nobody holds the asset, its bytes wait. `lost`: the bytes are not where they were, and no
 * disk has them; the disk itself works, or is another one now.
 */
export const PIECE_STATES = ['none', 'present', 'retired', 'lost'] as const;
export type PieceState = (typeof PIECE_STATES)[number];

/** Piece 0 to k − 1 is a data file, by column; k to k + m − 1 are the rows. */
export interface Piece {
  readonly state: PieceState;
  readonly diskId: DiskId | undefined;
  /** Of an asset that is held. */
  readonly slot: Slot | undefined;
}

export interface PlacedGroup extends ParityShape {
  readonly groupId: ParityGroupId;
  readonly lengthBytes: Bytes;
  /** k + m of them. */
  readonly pieces: readonly Piece[];
}

const LOST = PIECE_STATES.indexOf('lost');
const NO_SLOT = 0xffffffff;
const NO_PIECE = -1;
const GROW_BY = 1.25;
const CAPACITY_MIN = 64;

/**
 * All groups in typed columns: some 120 bytes for a group of 10 + 2, and 4 bytes for each slot of the index, so that
 * 2 million assets in 200,000 groups take 32 MB.
 */
export class GroupTable {
  readonly #numbers = new GroupNumbers();
  readonly #disks = new DiskNumbers();
  /** Pieces that there is place for in each group: the most that any group has. */
  #stride = 1;
  #capacity = 0;
  #dataFiles = new Uint8Array(0);
  #parityFiles = new Uint8Array(0);
  #lengthBytes = new Float64Array(0);
  #states = new Uint8Array(0);
  #diskNumbers = new Uint8Array(0);
  #slots = new Uint32Array(0);
  /** Held assets: those that are lost, and the others by the number of their disk. Counted along. */
  #lostAssets = 0;
  readonly #assetsByDisk = new Uint32Array(NO_DISK + 1);
  /** By slot: group × stride + column. */
  #pieceOfSlot = new Int32Array(0);

  get size(): number {
    return this.#numbers.size;
  }
  /** Every group, in no order. The table may change meanwhile: a number may have gone when it comes up. */
  numbers(): Iterable<GroupNumber> {
    return this.#numbers.all();
  }
  find(groupId: ParityGroupId): GroupNumber | undefined {
    return this.#numbers.find(groupId);
  }
  groupIdAt(group: GroupNumber): ParityGroupId {
    return this.#numbers.groupIdAt(group);
  }
  has(group: GroupNumber): boolean {
    return this.#numbers.has(group);
  }
  shapeAt(group: GroupNumber): ParityShape {
    const dataFiles = this.#dataFiles[group] ?? 0;
    return { dataFiles, parityFiles: this.#parityFiles[group] ?? 0 };
  }
  pieceCountAt(group: GroupNumber): number {
    return (this.#dataFiles[group] ?? 0) + (this.#parityFiles[group] ?? 0);
  }
  lengthBytesAt(group: GroupNumber): Bytes {
    return bytes(this.#lengthBytes[group] ?? 0);
  }

  stateAt(group: GroupNumber, piece: number): PieceState {
    return PIECE_STATES[this.#states[group * this.#stride + piece] ?? 0] ?? 'none';
  }
  diskAt(group: GroupNumber, piece: number): DiskId | undefined {
    return this.#disks.diskIdOf(this.#diskNumbers[group * this.#stride + piece] ?? NO_DISK);
  }
  slotAt(group: GroupNumber, piece: number): Slot | undefined {
    const slot = this.#slots[group * this.#stride + piece] ?? NO_SLOT;
    return slot === NO_SLOT ? undefined : slot;
  }
  /** The group and the column of a held asset. */
  pieceOf(slot: Slot): { readonly group: GroupNumber; readonly piece: number } | undefined {
    const at = this.#pieceOfSlot[slot] ?? NO_PIECE;
    if (at === NO_PIECE) return undefined;
    return { group: Math.floor(at / this.#stride), piece: at % this.#stride };
  }

  add(group: PlacedGroup): GroupNumber {
    const pieceCount = group.dataFiles + group.parityFiles;
    invariant(group.pieces.length === pieceCount, 'a group has k + m pieces');
    const number = this.#numbers.add(group.groupId);
    if (pieceCount > this.#stride || number >= this.#capacity) this.#grow(number, pieceCount);
    this.#dataFiles[number] = group.dataFiles;
    this.#parityFiles[number] = group.parityFiles;
    this.#lengthBytes[number] = group.lengthBytes;
    group.pieces.forEach((piece, index) => {
      this.setPiece(number, index, piece);
    });
    return number;
  }

  setPiece(group: GroupNumber, piece: number, { state, diskId, slot }: Piece): void {
    const at = group * this.#stride + piece;
    this.#countAsset(at, -1);
    this.#forgetSlot(at);
    this.#states[at] = PIECE_STATES.indexOf(state);
    this.#diskNumbers[at] = diskId === undefined ? NO_DISK : this.#disks.numberOf(diskId);
    this.#slots[at] = slot ?? NO_SLOT;
    this.#countAsset(at, 1);
    if (slot === undefined) return;
    if (slot >= this.#pieceOfSlot.length) this.#growSlots(slot);
    this.#pieceOfSlot[slot] = at;
  }

  remove(group: GroupNumber): void {
    const start = group * this.#stride;
    for (let at = start; at < start + this.#stride; at += 1) {
      this.#countAsset(at, -1);
      this.#forgetSlot(at);
    }
    this.#states.fill(0, start, start + this.#stride);
    this.#slots.fill(NO_SLOT, start, start + this.#stride);
    this.#diskNumbers.fill(NO_DISK, start, start + this.#stride);
    this.#numbers.remove(group);
  }

  /** How many pieces cannot be read now: those lost, and those on disks that are not `readable`. */
  missingAt(group: GroupNumber, readable: ReadonlySet<DiskId>): number {
    return this.#countMissing(group, this.#disks.maskOf(readable));
  }

  /** The groups from which something is missing, by how much. */
  damaged(readable: ReadonlySet<DiskId>): GroupNumber[][] {
    const mask = this.#disks.maskOf(readable);
    const byMissing: GroupNumber[][] = [];
    for (const group of this.numbers()) {
      const missing = this.#countMissing(group, mask);
      if (missing === 0) continue;
      const alike = byMissing[missing] ?? [];
      alike.push(group);
      byMissing[missing] = alike;
    }
    return byMissing;
  }

  /** Every piece on a disk is lost. */
  loseDisk(diskId: DiskId): void {
    const number = this.#disks.numberOf(diskId);
    for (let at = 0; at < this.#states.length; at += 1) {
      if (this.#diskNumbers[at] !== number || this.#states[at] === 0) continue;
      this.#countAsset(at, -1);
      this.#states[at] = LOST;
      this.#countAsset(at, 1);
    }
  }

  /** Assets that are held and in a group, and how many of those cannot be read from a disk now. */
  countAssets(readable: ReadonlySet<DiskId>): { readonly held: number; readonly unread: number } {
    const mask = this.#disks.maskOf(readable);
    let held = this.#lostAssets;
    let unread = this.#lostAssets;
    this.#assetsByDisk.forEach((count, number) => {
      held += count;
      if (mask[number] === 0) unread += count;
    });
    return { held, unread };
  }

  #countAsset(at: number, sign: 1 | -1): void {
    if ((this.#slots[at] ?? NO_SLOT) === NO_SLOT) return;
    const number = this.#diskNumbers[at] ?? NO_DISK;
    if (this.#states[at] === LOST) this.#lostAssets += sign;
    else this.#assetsByDisk[number] = (this.#assetsByDisk[number] ?? 0) + sign;
  }

  #countMissing(group: GroupNumber, mask: Uint8Array): number {
    const start = group * this.#stride;
    const end = start + this.pieceCountAt(group);
    let missing = 0;
    for (let at = start; at < end; at += 1) {
      const state = this.#states[at];
      if (state === 0) continue;
      if (state === LOST || mask[this.#diskNumbers[at] ?? NO_DISK] === 0) missing += 1;
    }
    return missing;
  }

  #forgetSlot(at: number): void {
    const slot = this.#slots[at] ?? NO_SLOT;
    if (slot !== NO_SLOT && this.#pieceOfSlot[slot] === at) this.#pieceOfSlot[slot] = NO_PIECE;
  }

  #grow(number: GroupNumber, pieceCount: number): void {
    const stride = Math.max(this.#stride, pieceCount);
    const wanted = Math.max(CAPACITY_MIN, number + 1, Math.ceil(this.#capacity * GROW_BY));
    const capacity = number < this.#capacity ? this.#capacity : wanted;
    this.#dataFiles = widened(this.#dataFiles, new Uint8Array(capacity), 1, 1);
    this.#parityFiles = widened(this.#parityFiles, new Uint8Array(capacity), 1, 1);
    this.#lengthBytes = widened(this.#lengthBytes, new Float64Array(capacity), 1, 1);
    const place = capacity * stride;
    const from = this.#stride;
    this.#states = widened(this.#states, new Uint8Array(place), from, stride);
    const diskNumbers = new Uint8Array(place).fill(NO_DISK);
    this.#diskNumbers = widened(this.#diskNumbers, diskNumbers, from, stride);
    this.#slots = widened(this.#slots, new Uint32Array(place).fill(NO_SLOT), from, stride);
    this.#capacity = capacity;
    if (stride === from) return;
    this.#stride = stride;
    this.#slots.forEach((slot, at) => {
      if (slot !== NO_SLOT) this.#pieceOfSlot[slot] = at;
    });
  }

  #growSlots(slot: Slot): void {
    const length = Math.max(1024, slot + 1, Math.ceil(this.#pieceOfSlot.length * GROW_BY));
    const grown = new Int32Array(length).fill(NO_PIECE);
    grown.set(this.#pieceOfSlot);
    this.#pieceOfSlot = grown;
  }
}

/** Copies rows of `from` values each into rows of `to`. */
function widened<T extends Uint8Array | Uint32Array | Float64Array>(
  source: T,
  target: T,
  from: number,
  to: number,
): T {
  if (from === to) target.set(source);
  else
    for (let row = 0; row * from < source.length; row += 1)
      target.set(source.subarray(row * from, (row + 1) * from), row * to);
  return target;
}
