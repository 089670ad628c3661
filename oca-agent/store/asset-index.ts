import type { EvictionKey, Slot } from '#domain/eviction/policy.ts';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import type { Bytes, EpochMs } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { AssetName, HeldAsset, NamedAsset } from './asset.ts';
import { type Heat, heatAfterUse, heatOfFirstUse } from './heat.ts';
import { type IndexKeeping, NOT_KEPT } from './index-files/index-keeping.ts';
import { AssetTable, type DiskUsage, type Place } from './table/asset-table.ts';
import { PlannedNames, type PlanProgress } from './table/planned-names.ts';
import { SortedDigest } from './table/sorted-digest.ts';

/** What a plan that comes into force changes. */
export interface PlanChange {
  /** Names that the plan gives to other bytes than are held under them. */
  readonly superseded: readonly { readonly titleId: TitleId; readonly file: string }[];
  /** Held, and wanted from now on. */
  readonly pinned: Iterable<HeldAsset>;
  /** Held, and wanted no longer. */
  readonly unpinned: Iterable<HeldAsset>;
}

/**
 * What the disks hold, under which names, and what the plan in force wants: all that is asked for on every request, from
 * memory. It is a cache of the disks and of the plan: losing it costs a rebuild, never an asset.
 */
export class AssetIndex {
  /** Moves with every change of what is held or planned. */
  revision = 0;
  readonly table: AssetTable;
  readonly #planned: PlannedNames;
  readonly #digest: SortedDigest;
  #keeping = NOT_KEPT;

  constructor(table = new AssetTable()) {
    this.table = table;
    this.#planned = new PlannedNames(table);
    this.#digest = new SortedDigest(table.assets);
  }

  /** What it takes in memory, without what the engine adds. */
  get sizeBytes(): number {
    return this.table.sizeBytes + this.#planned.sizeBytes;
  }

  /** Assets that are held. */
  get assetCount(): number {
    return this.table.assetCount;
  }
  /** One more than the largest slot that was ever given. */
  get slotsEnd(): Slot {
    return this.table.assets.rows.count;
  }
  /** The disks on which something is held. */
  diskIds(): DiskId[] {
    return this.table.diskIds();
  }

  keepBy(keeping: IndexKeeping): void {
    this.#keeping = keeping;
  }

  find(titleId: TitleId, file: string): NamedAsset | undefined {
    const { names, assets } = this.table;
    const row = names.find(titleId, file);
    const slot = row < 0 ? -1 : names.slotOf(row);
    if (slot < 0) return undefined;
    const { diskId, tier } = this.table.placeOf(slot);
    const record = names.recordOf(row);
    return {
      assetId: assets.assetId(slot),
      diskId,
      tier,
      sizeBytes: assets.sizeOf(slot) as Bytes,
      slot,
      titleId,
      file,
      etag: names.records.etag(record),
      contentType: names.contentTypes.text(names.records.contentType(record)),
      fetchedAt: names.records.fetchedAt(record),
      isPlanned: this.#planned.isPlanned(row),
    };
  }
  asset(assetId: AssetId): HeldAsset | undefined {
    return this.assetAt(this.table.assets.find(assetId));
  }
  /** What has this slot now. */
  assetAt(slot: Slot): HeldAsset | undefined {
    return this.table.isHeld(slot) ? this.table.held(slot) : undefined;
  }
  /** The slot of an asset that lies on this disk; −1 when it does not. */
  slotOn(assetId: AssetId, diskId: DiskId): Slot {
    const slot = this.table.heldSlot(assetId);
    return this.isOn(slot, diskId) ? slot : -1;
  }
  isOn(slot: Slot, diskId: DiskId): boolean {
    return this.diskOf(slot) === diskId;
  }
  /** The disk of the asset that has this slot now; undefined when none is held there. */
  diskOf(slot: Slot): DiskId | undefined {
    return this.table.isHeld(slot) ? this.table.placeOf(slot).diskId : undefined;
  }
  /** In the order of slots. What comes or goes meanwhile may be among them or not. */
  *assets(): Generator<HeldAsset> {
    for (let slot = 0; slot < this.table.assets.rows.count; slot += 1)
      if (this.table.assets.isHeld(slot)) yield this.table.held(slot);
  }
  *assetsOfDisk(diskId: DiskId): Generator<HeldAsset> {
    const { assets } = this.table;
    const isOnDisk = this.table.places.map((place) => place.diskId === diskId);
    for (let slot = 0; slot < assets.rows.count; slot += 1)
      if (assets.isHeld(slot) && isOnDisk[assets.placeOf(slot)]) yield this.table.held(slot);
  }
  assetsOfTitle(titleId: TitleId): HeldAsset[] {
    const { names } = this.table;
    const title = names.titles.numberOf(titleId);
    const slots = new Set<Slot>();
    for (let row = 0; title >= 0 && row < names.rows.count; row += 1)
      if (names.titleOf(row) === title && names.slotOf(row) >= 0) slots.add(names.slotOf(row));
    return [...slots].map((slot) => this.table.held(slot));
  }
  /** In the order of titles and files. */
  namesOf(assetId: AssetId): AssetName[] {
    const slot = this.table.heldSlot(assetId);
    if (slot < 0) return [];
    return this.table
      .nameRowsOf(slot)
      .map((row) => this.table.nameAt(row))
      .sort((one, other) => compare(one.titleId, other.titleId) || compare(one.file, other.file));
  }
  isPinned(asset: AssetId | Slot): boolean {
    const slot = typeof asset === 'number' ? asset : this.table.heldSlot(asset);
    return this.table.isHeld(slot) && this.table.assets.isWanted(slot);
  }
  /** Counted along, not summed up: it is asked for before every transfer. */
  usageOfDisk(diskId: DiskId): DiskUsage {
    return this.table.usageOfDisk(diskId);
  }

  /** Takes in an asset that is not held yet. */
  add(asset: Omit<HeldAsset, 'slot'>, now: EpochMs): HeldAsset {
    const { assets } = this.table;
    const slot = assets.take(asset.assetId);
    invariant(!assets.isHeld(slot), 'an asset is added once');
    this.table.hold(slot, asset);
    assets.setHeat(slot, heatOfFirstUse(now));
    assets.setLastUsedAt(slot, now);
    this.#noteAsset(slot, true);
    return this.table.held(slot);
  }
  /** The asset lies on another disk from now on. */
  move(assetId: AssetId, place: Place): HeldAsset {
    const slot = this.table.heldSlot(assetId);
    invariant(slot >= 0, 'what moves is held');
    this.table.move(slot, place);
    this.#keeping.noteAsset(slot, false);
    this.revision += 1;
    return this.table.held(slot);
  }
  remove(assetId: AssetId): void {
    const slot = this.table.heldSlot(assetId);
    if (slot < 0) return;
    for (const row of this.table.nameRowsOf(slot)) this.#unbindRow(row);
    this.#noteAsset(slot, false);
    this.table.drop(slot);
  }

  /** Lets a name mean a held asset; returns the asset that it meant before, if that was another. */
  bind(assetId: AssetId, name: AssetName): AssetId | undefined {
    const slot = this.table.heldSlot(assetId);
    invariant(slot >= 0, 'a name is bound to a held asset');
    const { names } = this.table;
    const known = names.find(name.titleId, name.file);
    const row = known >= 0 ? known : names.add(name.titleId, name.file, name);
    const before = names.slotOf(row);
    if (known >= 0) this.#tell(row, name);
    if (before !== slot)
      this.#planned.around(row, () => {
        if (before >= 0) this.table.unlink(row);
        this.table.link(row, slot);
      });
    this.#keeping.noteName(row, before < 0);
    this.revision += 1;
    return before >= 0 && before !== slot ? this.table.assets.assetId(before) : undefined;
  }
  /** Takes a name away; returns the asset that it meant. */
  unbind(titleId: TitleId, file: string): AssetId | undefined {
    const row = this.#heldRow(titleId, file);
    if (row < 0) return undefined;
    const assetId = this.table.assets.assetId(this.table.names.slotOf(row));
    this.#unbindRow(row);
    return assetId;
  }
  /** When an upstream last confirmed the name, whatever it means. */
  fetchedAt(titleId: TitleId, file: string): EpochMs | undefined {
    const row = this.#heldRow(titleId, file);
    const { names } = this.table;
    return row < 0 ? undefined : names.records.fetchedAt(names.recordOf(row));
  }

  /** Notes a use, in memory alone. One that `counts` for nothing only tells that the asset is not forgotten. */
  touch(asset: AssetId | Slot, now: EpochMs, counts = true): void {
    const slot = typeof asset === 'number' ? asset : this.table.heldSlot(asset);
    if (!this.table.isHeld(slot)) return;
    const { assets } = this.table;
    if (counts) assets.setHeat(slot, heatAfterUse(assets.heatOf(slot), now));
    assets.setLastUsedAt(slot, now);
    this.#keeping.noteUse();
  }
  heatOf(slot: Slot): Heat {
    return this.table.assets.heatOf(slot);
  }
  /** In whole seconds. Before the first use: when the asset came. */
  lastUsedAt(slot: Slot): EpochMs {
    return this.table.assets.lastUsedAt(slot);
  }
  sizeOf(slot: Slot): Bytes {
    return this.table.assets.sizeOf(slot) as Bytes;
  }
  /** The first 53 bits of the asset's id. */
  keyOf(slot: Slot): EvictionKey {
    return this.table.assets.key(slot);
  }

  /** Puts a plan in force. */
  setPlan(items: Iterable<FillPlanItem>): PlanChange {
    const { pinned, unpinned } = this.#planned.replace(items);
    this.#keeping.notePlan();
    const { names } = this.table;
    const superseded = this.#planned
      .superseded()
      .map((row) => ({ titleId: names.titleId(row), file: names.file(row) }));
    this.revision += 1;
    return { superseded, pinned: this.#assetsAt(pinned), unpinned: this.#assetsAt(unpinned) };
  }
  /** What the plan wants under a name. */
  plannedItem(titleId: TitleId, file: string): FillPlanItem | undefined {
    const row = this.table.names.find(titleId, file);
    return row < 0 ? undefined : this.#planned.itemOf(row);
  }
  /** When the licence of a planned asset ends; undefined when it does not. */
  availableUntil(slot: Slot): EpochMs | undefined {
    return this.#planned.endOf(slot);
  }
  /** What the plan wants and the disks do not hold under its name, most wanted first. */
  missing(): FillPlanItem[] {
    return this.#planned.missing();
  }
  planProgress(): PlanProgress {
    return this.#planned.progress;
  }

  /** SHA-256 over the sorted asset ids, each followed by a newline. Source: protocol/oca-inventory.ts. */
  digest(): string {
    return this.#digest.digest();
  }
  /** Prepares the digest; true while there is more to do. Each step takes some milliseconds at 2 million assets. */
  prepareDigest(): boolean {
    return this.#digest.step();
  }

  close(): Promise<void> {
    return this.#keeping.close();
  }

  #heldRow(titleId: TitleId, file: string): number {
    const row = this.table.names.find(titleId, file);
    return row >= 0 && this.table.names.slotOf(row) >= 0 ? row : -1;
  }

  /** Says anew what a name is told with. */
  #tell(row: number, name: AssetName): void {
    const { names } = this.table;
    const said = names.textOf(names.recordOf(row));
    if (said.etag === name.etag && said.contentType === name.contentType) {
      names.records.setFetchedAt(names.recordOf(row), name.fetchedAt);
      return;
    }
    this.#planned.keepText(row);
    names.rewrite(row, name);
  }

  #unbindRow(row: number): void {
    this.#planned.around(row, () => this.table.unlink(row));
    this.#keeping.noteName(row, false);
    this.table.names.releaseIfIdle(row);
    this.revision += 1;
  }

  #noteAsset(slot: Slot, isNew: boolean): void {
    this.#digest.noteChange(this.table.assets.idByte(slot, 0));
    this.#keeping.noteAsset(slot, isNew);
    this.revision += 1;
  }

  *#assetsAt(slots: readonly Slot[]): Generator<HeldAsset> {
    for (const slot of slots) {
      const asset = this.assetAt(slot);
      if (asset) yield asset;
    }
  }
}

const compare = (one: string, other: string): number => Number(one > other) - Number(one < other);
