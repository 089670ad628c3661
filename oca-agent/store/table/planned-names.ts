import type { Slot } from '#domain/eviction/policy.ts';
import { bytes, type EpochMs, epochMs } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { AssetTable } from './asset-table.ts';
import { PlanRows } from './plan-rows.ts';

export interface PlanProgress {
  readonly assetsTotal: number;
  readonly bytesTotal: number;
  readonly assetsDone: number;
  readonly bytesDone: number;
}

/** What changes for held assets when a plan comes into force. */
export interface PinChange {
  /** Held, and wanted from now on. */
  readonly pinned: readonly Slot[];
  /** Held, and wanted no longer. */
  readonly unpinned: readonly Slot[];
}

/**
 * What the plan in force wants, in memory alone: the plan is kept elsewhere, and told again at each start. A name that is
 * held and planned stands once in the table; what is wanted and not held has rows there, too.
 */
export class PlannedNames {
  readonly #table: AssetTable;
  #plan = new PlanRows();
  #progress = { assetsTotal: 0, bytesTotal: 0, assetsDone: 0, bytesDone: 0 };

  constructor(table: AssetTable) {
    this.#table = table;
  }

  get sizeBytes(): number {
    return this.#plan.sizeBytes;
  }
  get progress(): PlanProgress {
    return { ...this.#progress };
  }

  replace(items: Iterable<FillPlanItem>): PinChange {
    const before = this.#plan;
    const wasWanted = this.#takeOut(before);
    const plan = new PlanRows();
    this.#plan = plan;
    const overridden = new Set<Slot>();
    for (const item of items) {
      const slot = this.#putIn(plan, item);
      if (slot !== undefined) overridden.add(slot);
    }
    plan.finish(this.#table.assets.rows.count);
    const pinned = this.#want(plan, wasWanted);
    const unpinned = this.#release(wasWanted, overridden);
    for (const position of before.positions())
      this.#table.names.releaseIfIdle(before.nameRow(position));
    this.#countProgress();
    return { pinned, unpinned };
  }

  /** Lets `change` give the name another meaning, and counts what that does for the plan. */
  around(nameRow: number, change: () => void): void {
    this.#countDone(nameRow, -1);
    change();
    this.#countDone(nameRow, 1);
  }
  /** What the name is told with is about to change: the plan keeps what it said. */
  keepText(nameRow: number): void {
    const { names } = this.#table;
    const position = names.plannedAt(nameRow);
    if (position < 0 || this.#plan.recordOf(position) !== 0) return;
    this.#plan.setRecord(position, names.writeApart(names.textOf(names.recordOf(nameRow))));
  }

  /** The plan wants exactly this asset under exactly this name. */
  isPlanned(nameRow: number): boolean {
    const position = this.#table.names.plannedAt(nameRow);
    return position >= 0 && this.#plan.slot(position) === this.#table.names.slotOf(nameRow);
  }
  /** What the plan wants under a name; undefined: nothing. */
  itemOf(nameRow: number): FillPlanItem | undefined {
    const position = this.#table.names.plannedAt(nameRow);
    return position < 0 ? undefined : this.#itemAt(position);
  }
  endOf(slot: Slot): EpochMs | undefined {
    return this.#plan.endOf(slot);
  }

  /** What is not held under its name, most wanted first. */
  missing(): FillPlanItem[] {
    const missing: FillPlanItem[] = [];
    if (this.#progress.assetsDone === this.#progress.assetsTotal) return missing;
    for (const position of this.#plan.positions())
      if (!this.isPlanned(this.#plan.nameRow(position))) missing.push(this.#itemAt(position));
    return missing;
  }

  /** The rows of names that mean another asset than the plan wants under them. */
  superseded(): number[] {
    const { names } = this.#table;
    const rows: number[] = [];
    for (const position of this.#plan.positions()) {
      const row = this.#plan.nameRow(position);
      if (names.slotOf(row) >= 0 && !this.isPlanned(row)) rows.push(row);
    }
    return rows;
  }

  /** Ends a plan, but lets its rows be: the next will want most of them again. Marks what it wanted, by slot. */
  #takeOut(plan: PlanRows): Uint8Array {
    const { assets, names } = this.#table;
    const wasWanted = new Uint8Array(assets.rows.count);
    for (const position of plan.positions()) {
      const slot = plan.slot(position);
      names.setPlanned(plan.nameRow(position), -1);
      this.#freeRecord(plan, position);
      this.#table.setWanted(slot, false);
      wasWanted[slot] = 1;
    }
    return wasWanted;
  }

  /** Returns the asset of the line that this one overrides, if there is one. */
  #putIn(plan: PlanRows, item: FillPlanItem): Slot | undefined {
    const { assets, names } = this.#table;
    const slot = assets.take(item.assetId);
    if (!assets.isHeld(slot)) assets.setSize(slot, item.sizeBytes);
    const text = { etag: item.etag, contentType: item.contentType, fetchedAt: epochMs(0) };
    const known = names.find(item.titleId, item.file);
    const nameRow = known >= 0 ? known : names.add(item.titleId, item.file, text);
    const overridden = names.plannedAt(nameRow);
    if (overridden >= 0) this.#freeRecord(plan, overridden);
    const said = names.textOf(names.recordOf(nameRow));
    const isSame = said.etag === item.etag && said.contentType === item.contentType;
    const position = plan.add({
      nameRow,
      slot,
      tier: item.tier,
      priority: item.priority,
      availableUntil: item.availableUntil ?? Number.POSITIVE_INFINITY,
      record: isSame ? 0 : names.writeApart(text),
    });
    names.setPlanned(nameRow, position);
    if (overridden < 0) return undefined;
    plan.override(overridden);
    return plan.slot(overridden);
  }

  #want(plan: PlanRows, wasWanted: Uint8Array): Slot[] {
    const { assets } = this.#table;
    const pinned: Slot[] = [];
    for (const position of plan.positions()) {
      const slot = plan.slot(position);
      if (assets.isWanted(slot)) continue;
      this.#table.setWanted(slot, true);
      if (assets.isHeld(slot) && !wasWanted[slot]) pinned.push(slot);
    }
    return pinned;
  }

  /** Gives the slots back that nobody speaks of any more; returns those that are held, and wanted no longer. */
  #release(wasWanted: Uint8Array, overridden: Iterable<Slot>): Slot[] {
    const { assets } = this.#table;
    const unpinned: Slot[] = [];
    wasWanted.forEach((mark, slot) => {
      if (mark === 0 || assets.isWanted(slot)) return;
      if (assets.isHeld(slot)) unpinned.push(slot);
      else assets.releaseIfIdle(slot);
    });
    for (const slot of overridden) if (!wasWanted[slot]) assets.releaseIfIdle(slot);
    return unpinned;
  }

  #freeRecord(plan: PlanRows, position: number): void {
    const record = plan.recordOf(position);
    if (record !== 0) this.#table.names.freeApart(record);
  }

  #itemAt(position: number): FillPlanItem {
    const { assets, names } = this.#table;
    const plan = this.#plan;
    const nameRow = plan.nameRow(position);
    const { etag, contentType } = names.textOf(plan.recordOf(position) || names.recordOf(nameRow));
    const until = plan.availableUntil(position);
    return {
      titleId: names.titleId(nameRow),
      file: names.file(nameRow),
      assetId: assets.assetId(plan.slot(position)),
      etag,
      contentType,
      sizeBytes: bytes(assets.sizeOf(plan.slot(position))),
      tier: plan.tier(position),
      priority: plan.priority(position),
      ...(Number.isFinite(until) ? { availableUntil: epochMs(until) } : {}),
    };
  }

  #countProgress(): void {
    this.#progress = { assetsTotal: 0, bytesTotal: 0, assetsDone: 0, bytesDone: 0 };
    for (const position of this.#plan.positions()) {
      this.#progress.assetsTotal += 1;
      this.#progress.bytesTotal += this.#table.assets.sizeOf(this.#plan.slot(position));
      this.#countDone(this.#plan.nameRow(position), 1);
    }
  }
  #countDone(nameRow: number, sign: 1 | -1): void {
    if (!this.isPlanned(nameRow)) return;
    this.#progress.assetsDone += sign;
    this.#progress.bytesDone += sign * this.#table.assets.sizeOf(this.#table.names.slotOf(nameRow));
  }
}
