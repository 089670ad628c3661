import type { AssetId, DiskId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { Bytes } from '#domain/units.ts';
import type { HeldAsset } from '../../store/asset.ts';
import type { AssetIndex } from '../../store/asset-index.ts';
import { type Departed, DepartedMembers } from './departed-members.ts';
import type { CataloguedGroup } from './group-catalogue.ts';
import type { GroupNumber } from './group-numbers.ts';
import { GroupTable, type Piece, type PieceState } from './group-table.ts';
import { SlotQueue } from './slot-queue.ts';

/** A data file of a group, held or not. */
export interface Member {
  readonly column: number;
  readonly assetId: AssetId;
  readonly sizeBytes: Bytes;
  readonly state: PieceState;
  readonly diskId: DiskId | undefined;
  /** While it is held. */
  readonly asset: HeldAsset | undefined;
}

/** Bytes that wait on a disk for nobody any more. */
export interface StaleRetired {
  readonly assetId: AssetId;
  readonly diskId: DiskId;
}

/**
 * Which assets protect each other, as it is now. It follows what the store tells of its assets; it reads and writes
 * nothing. A group stands on the bytes of its members, not on their places: a member may move, or come back after it
 * was evicted, and the rows are still right.
 */
export class ParityGroups {
  readonly table = new GroupTable();
  /** Assets on hdd that may have no group: those who take from it look again. */
  readonly loose = new SlotQueue();
  /** Groups that are not whole, or not spread as they should be. */
  readonly restless = new Set<GroupNumber>();
  /** Moves with each change that may give work. */
  revision = 0;
  /** Moves when a piece is lost. */
  losses = 0;
  readonly #index: AssetIndex;
  readonly #tierOf: (diskId: DiskId) => string | undefined;
  readonly #departed = new DepartedMembers();
  readonly #parityBytes = new Map<DiskId, number>();
  readonly #retiredBytes = new Map<DiskId, number>();

  constructor(index: AssetIndex, tierOf: (diskId: DiskId) => string | undefined) {
    this.#index = index;
    this.#tierOf = tierOf;
  }

  parityBytesOn(diskId: DiskId): number {
    return this.#parityBytes.get(diskId) ?? 0;
  }
  retiredBytesOn(diskId: DiskId): number {
    return this.#retiredBytes.get(diskId) ?? 0;
  }
  /** Room that rows on their way take, or give back. */
  countParityBytes(diskId: DiskId, sizeBytes: number): void {
    this.#parityBytes.set(diskId, this.parityBytesOn(diskId) + sizeBytes);
  }

  /** Where a group has an asset, held or not. */
  placeOf(assetId: AssetId): { readonly group: GroupNumber; readonly column: number } | undefined {
    const departed = this.#departed.find(assetId);
    if (departed) return departed;
    const held = this.#index.asset(assetId);
    const place = held && this.table.pieceOf(held.slot);
    return place && { group: place.group, column: place.piece };
  }

  /** The disks that have other pieces of an asset's group. */
  disksBeside(assetId: AssetId): Set<DiskId> {
    const place = this.placeOf(assetId);
    if (!place) return new Set();
    const others = this.members(place.group).filter(({ column }) => column !== place.column);
    const disks = [...others.map(({ diskId }) => diskId), ...this.rowDisks(place.group)];
    return new Set(disks.filter((diskId) => diskId !== undefined));
  }

  /** Nobody holds it, and its bytes wait on a disk. */
  isRetired(assetId: AssetId): boolean {
    const departed = this.#departed.find(assetId);
    return (
      departed !== undefined && this.table.stateAt(departed.group, departed.column) === 'retired'
    );
  }

  memberAt(group: GroupNumber, column: number): Member | undefined {
    const { table } = this;
    const state = table.stateAt(group, column);
    const slot = table.slotAt(group, column);
    if (state === 'none') return undefined;
    const asset = slot === undefined ? undefined : this.#index.assetAt(slot);
    const known = asset ?? this.#departed.at(group, column);
    if (!known) return undefined;
    const { assetId, sizeBytes } = known;
    const diskId = asset && state === 'present' ? asset.diskId : table.diskAt(group, column);
    return { column, assetId, sizeBytes, state, diskId, asset };
  }

  members(group: GroupNumber): Member[] {
    const { dataFiles } = this.table.shapeAt(group);
    return Array.from(
      { length: dataFiles },
      (_, column) => this.memberAt(group, column) ?? [],
    ).flat();
  }

  /** Where each row lies; undefined where it is lost. */
  rowDisks(group: GroupNumber): (DiskId | undefined)[] {
    const { dataFiles, parityFiles } = this.table.shapeAt(group);
    return Array.from({ length: parityFiles }, (_, row) => {
      const isThere = this.table.stateAt(group, dataFiles + row) === 'present';
      return isThere ? this.table.diskAt(group, dataFiles + row) : undefined;
    });
  }

  /** @param retiredOn the disk where an asset's bytes wait that nobody holds, if they do. */
  add(
    group: CataloguedGroup,
    retiredOn: (assetId: AssetId) => DiskId | undefined = () => undefined,
  ): GroupNumber {
    const { dataFiles } = group;
    const pieces: Piece[] = Array.from({ length: dataFiles }, () => NO_MEMBER);
    for (const { column, assetId } of group.members) {
      const asset = this.#index.asset(assetId);
      if (asset) pieces[column] = { state: 'present', diskId: asset.diskId, slot: asset.slot };
      else pieces[column] = departedPiece(retiredOn(assetId));
    }
    for (const diskId of group.rows) pieces.push(rowPiece(diskId));
    const number = this.table.add({ ...group, pieces });
    for (const diskId of group.rows)
      if (diskId !== undefined) this.countParityBytes(diskId, group.lengthBytes);
    for (const { column, assetId, sizeBytes } of group.members)
      if (!this.#index.asset(assetId))
        this.#noteDeparted({ assetId, sizeBytes, group: number, column });
    this.#judge(number);
    return number;
  }

  /** The group goes; returns what was retired for it alone. */
  remove(group: GroupNumber): StaleRetired[] {
    const lengthBytes = this.table.lengthBytesAt(group);
    for (const diskId of this.rowDisks(group))
      if (diskId !== undefined) this.countParityBytes(diskId, -lengthBytes);
    const stale: StaleRetired[] = [];
    for (const member of this.members(group)) {
      if (member.asset) this.#noteLoose(member.asset);
      else stale.push(...this.#forgetDeparted(group, member.column));
    }
    this.table.remove(group);
    this.restless.delete(group);
    this.revision += 1;
    return stale;
  }

  setRow(group: GroupNumber, row: number, diskId: DiskId | undefined): void {
    const { dataFiles } = this.table.shapeAt(group);
    const lengthBytes = this.table.lengthBytesAt(group);
    const before = this.rowDisks(group)[row];
    if (before !== undefined) this.countParityBytes(before, -lengthBytes);
    if (diskId !== undefined) this.countParityBytes(diskId, lengthBytes);
    else this.losses += 1;
    this.table.setPiece(group, dataFiles + row, rowPiece(diskId));
    this.#judge(group);
  }

  /** The asset's bytes are where the index says. Returns bytes of it that waited elsewhere. */
  noteHeld(asset: HeldAsset): StaleRetired[] {
    const departed = this.#departed.find(asset.assetId);
    const stale = departed ? this.#forgetDeparted(departed.group, departed.column) : [];
    const place = this.placeOf(asset.assetId) ?? departed;
    if (!place) {
      this.#noteLoose(asset);
      return stale;
    }
    const { diskId, slot } = asset;
    this.table.setPiece(place.group, place.column, { state: 'present', diskId, slot });
    this.#judge(place.group);
    return stale;
  }

  /** Bytes that nobody holds were found on a disk. False: no group stands on them there. */
  noteRetired(assetId: AssetId, diskId: DiskId): boolean {
    const departed = this.#departed.find(assetId);
    if (!departed) return false;
    const { group, column } = departed;
    if (this.table.stateAt(group, column) === 'retired')
      return this.table.diskAt(group, column) === diskId;
    this.table.setPiece(group, column, departedPiece(diskId));
    this.#countRetired(group, column, 1);
    this.#judge(group);
    return true;
  }

  /** The asset is held no longer. True: a group stands on its bytes, and they are there. */
  noteGone(asset: HeldAsset): boolean {
    const place = this.table.pieceOf(asset.slot);
    if (!place) return false;
    const { group, piece: column } = place;
    const isThere = this.table.stateAt(group, column) === 'present';
    this.table.setPiece(group, column, departedPiece(isThere ? asset.diskId : undefined));
    const { assetId, sizeBytes } = asset;
    this.#noteDeparted({ assetId, sizeBytes, group, column });
    this.#judge(group);
    return isThere;
  }

  /** A plan may better the group, although nothing of it has changed. */
  noteRestless(group: GroupNumber): void {
    this.restless.add(group);
    this.revision += 1;
  }

  /** A piece is not where it was. */
  noteLost(group: GroupNumber, piece: number): void {
    const { dataFiles } = this.table.shapeAt(group);
    if (piece >= dataFiles) this.setRow(group, piece - dataFiles, undefined);
    else this.#noteMemberLost(group, piece);
  }

  /** A blank disk is in its place: all pieces on it are lost. */
  loseDisk(diskId: DiskId): void {
    this.table.loseDisk(diskId);
    this.#parityBytes.delete(diskId);
    this.#retiredBytes.delete(diskId);
    this.losses += 1;
    this.revision += 1;
  }

  #noteMemberLost(group: GroupNumber, column: number): void {
    const member = this.memberAt(group, column);
    if (!member) return;
    if (!member.asset) this.#countRetired(group, column, -1);
    const { diskId, asset } = member;
    this.losses += 1;
    this.table.setPiece(group, column, { state: 'lost', diskId, slot: asset?.slot });
    this.#judge(group);
  }

  #noteLoose(asset: HeldAsset): void {
    if (asset.tier !== 'hdd') return;
    this.loose.add(asset.slot);
    this.revision += 1;
  }

  #noteDeparted(departed: Departed): void {
    this.#departed.add(departed);
    this.#countRetired(departed.group, departed.column, 1);
  }

  #forgetDeparted(group: GroupNumber, column: number): StaleRetired[] {
    const departed = this.#departed.at(group, column);
    if (!departed) return [];
    const diskId = this.#countRetired(group, column, -1);
    this.#departed.remove(departed);
    return diskId === undefined ? [] : [{ assetId: departed.assetId, diskId }];
  }

  #countRetired(group: GroupNumber, column: number, sign: 1 | -1): DiskId | undefined {
    if (this.table.stateAt(group, column) !== 'retired') return undefined;
    const diskId = this.table.diskAt(group, column);
    const departed = this.#departed.at(group, column);
    invariant(diskId !== undefined && departed, 'what is retired lies on a disk');
    const retired = this.retiredBytesOn(diskId) + sign * departed.sizeBytes;
    this.#retiredBytes.set(diskId, retired);
    return diskId;
  }

  /** Is there anything that a plan could better? */
  #judge(group: GroupNumber): void {
    this.revision += 1;
    const members = this.members(group);
    const rows = this.rowDisks(group);
    const disks = [...members.map(({ diskId }) => diskId), ...rows];
    const isAtRest =
      members.length === this.table.shapeAt(group).dataFiles &&
      members.every(({ asset }) => asset !== undefined) &&
      new Set(disks).size === disks.length &&
      disks.every((diskId) => diskId !== undefined && this.#tierOf(diskId) === 'hdd');
    if (isAtRest) this.restless.delete(group);
    else this.restless.add(group);
  }
}

const NO_MEMBER: Piece = { state: 'none', diskId: undefined, slot: undefined };

const departedPiece = (diskId: DiskId | undefined): Piece => ({
  state: diskId === undefined ? 'lost' : 'retired',
  diskId,
  slot: undefined,
});

const rowPiece = (diskId: DiskId | undefined): Piece => ({
  state: diskId === undefined ? 'lost' : 'present',
  diskId,
  slot: undefined,
});
