import type { Slot } from '#domain/eviction/policy.ts';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { Bytes } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { AssetName, HeldAsset } from '../asset.ts';
import { AssetRows, PLACES_MAX } from './asset-rows.ts';
import { NameRows } from './name-rows.ts';

/** A disk, and the tier that it was of when the asset came. */
export interface Place {
  readonly diskId: DiskId;
  readonly tier: Tier;
}

export interface DiskUsage {
  readonly assetCount: number;
  readonly usedBytes: number;
  /** Held, but not planned: surprises, and what a plan before this one wanted. */
  readonly evictableBytes: number;
}

const NO_USAGE: DiskUsage = { assetCount: 0, usedBytes: 0, evictableBytes: 0 };

/**
 * Assets and their names in memory, as rows of words: what every request asks for. Measured at 2 million of each: see
 * docs/measurements.md.
 */
export class AssetTable {
  readonly assets = new AssetRows();
  readonly names: NameRows;
  readonly places: Place[] = [];
  readonly #usageByDisk = new Map<DiskId, { -readonly [K in keyof DiskUsage]: DiskUsage[K] }>();

  /** @param sharedFilesMax see `NameRows` */
  constructor(sharedFilesMax?: number) {
    this.names = new NameRows(this.assets, sharedFilesMax);
  }

  get sizeBytes(): number {
    return this.assets.sizeBytes + this.names.sizeBytes;
  }

  /** The slot of a held asset; −1 when it is not held. */
  heldSlot(assetId: AssetId): Slot {
    const slot = this.assets.find(assetId);
    return slot >= 0 && this.assets.isHeld(slot) ? slot : -1;
  }
  placeOf(slot: Slot): Place {
    return this.places[this.assets.placeOf(slot)] as Place;
  }
  held(slot: Slot): HeldAsset {
    const { diskId, tier } = this.placeOf(slot);
    const sizeBytes = this.assets.sizeOf(slot) as Bytes;
    return { assetId: this.assets.assetId(slot), diskId, tier, sizeBytes, slot };
  }
  isHeld(slot: Slot): boolean {
    return slot >= 0 && slot < this.assets.rows.count && this.assets.isHeld(slot);
  }
  get assetCount(): number {
    let count = 0;
    for (const { assetCount } of this.#usageByDisk.values()) count += assetCount;
    return count;
  }
  diskIds(): DiskId[] {
    return [...this.#usageByDisk].flatMap(([diskId, { assetCount }]) =>
      assetCount > 0 ? diskId : [],
    );
  }
  usageOfDisk(diskId: DiskId): DiskUsage {
    return this.#usageByDisk.get(diskId) ?? NO_USAGE;
  }

  /** Makes a known asset held. */
  hold(slot: Slot, { diskId, tier, sizeBytes }: Omit<HeldAsset, 'slot' | 'assetId'>): void {
    this.assets.setSize(slot, sizeBytes);
    this.assets.setPlace(slot, this.numberOfPlace({ diskId, tier }));
    this.assets.setHeld(slot, true);
    this.count(slot, 1);
  }
  /** Ends the holding of an asset that has no names any more. */
  drop(slot: Slot): void {
    this.count(slot, -1);
    this.assets.setHeld(slot, false);
    this.assets.releaseIfIdle(slot);
  }
  move(slot: Slot, place: Place): void {
    this.count(slot, -1);
    this.assets.setPlace(slot, this.numberOfPlace(place));
    this.count(slot, 1);
  }
  setWanted(slot: Slot, isWanted: boolean): void {
    const isHeld = this.assets.isHeld(slot);
    if (isHeld) this.count(slot, -1);
    this.assets.setWanted(slot, isWanted);
    if (isHeld) this.count(slot, 1);
  }

  /** Lets a name mean an asset. */
  link(row: number, slot: Slot): void {
    this.names.setSlot(row, slot);
    this.names.setNext(row, this.assets.firstName(slot));
    this.assets.setFirstName(slot, row);
  }
  /** Lets a name mean nothing; the caller releases its row. */
  unlink(row: number): void {
    const slot = this.names.slotOf(row);
    const next = this.names.nextOf(row);
    let before = this.assets.firstName(slot);
    if (before === row) this.assets.setFirstName(slot, next);
    else {
      while (this.names.nextOf(before) !== row) before = this.names.nextOf(before);
      this.names.setNext(before, next);
    }
    this.names.setSlot(row, -1);
    this.names.setNext(row, -1);
  }
  /** The rows of an asset's names. */
  nameRowsOf(slot: Slot): number[] {
    const rows: number[] = [];
    for (let row = this.assets.firstName(slot); row >= 0; row = this.names.nextOf(row))
      rows.push(row);
    return rows;
  }
  nameAt(row: number): AssetName {
    const { names } = this;
    return {
      titleId: names.titleId(row),
      file: names.file(row),
      ...names.textOf(names.recordOf(row)),
    };
  }

  /** The number by which rows know a place. */
  numberOfPlace({ diskId, tier }: Place): number {
    const isSame = (place: Place) => place.diskId === diskId && place.tier === tier;
    const known = this.places.findIndex(isSame);
    if (known >= 0) return known;
    invariant(this.places.length < PLACES_MAX, 'a store has no more than 256 disks in its life');
    return this.places.push({ diskId, tier }) - 1;
  }

  /** Counts all that is held, where nothing was counted before. */
  countAll(): void {
    const counts = this.places.map(() => ({ assetCount: 0, usedBytes: 0 }));
    for (let slot = 0; slot < this.assets.rows.count; slot += 1) {
      const place = this.assets.isHeld(slot) ? counts[this.assets.placeOf(slot)] : undefined;
      if (!place) continue;
      place.assetCount += 1;
      place.usedBytes += this.assets.sizeOf(slot);
    }
    this.#usageByDisk.clear();
    counts.forEach(({ assetCount, usedBytes }, number) => {
      const { diskId } = this.places[number] as Place;
      const before = this.usageOfDisk(diskId);
      this.#usageByDisk.set(diskId, {
        assetCount: before.assetCount + assetCount,
        usedBytes: before.usedBytes + usedBytes,
        evictableBytes: before.evictableBytes + usedBytes,
      });
    });
  }

  /** Counts a held asset in or out of its disk's usage. */
  count(slot: Slot, sign: 1 | -1): void {
    const { diskId } = this.placeOf(slot);
    const usage = this.#usageByDisk.get(diskId) ?? { ...NO_USAGE };
    const sizeBytes = sign * this.assets.sizeOf(slot);
    usage.assetCount += sign;
    usage.usedBytes += sizeBytes;
    if (!this.assets.isWanted(slot)) usage.evictableBytes += sizeBytes;
    this.#usageByDisk.set(diskId, usage);
  }
}
