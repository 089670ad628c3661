import type { AssetTable } from '../table/asset-table.ts';
import type { NameRows } from '../table/name-rows.ts';

/** Rows that were put in their place and lead nowhere; they are cleared. */
export interface Dropped {
  readonly slots: readonly number[];
  readonly nameRows: readonly number[];
}

/** Records that nobody uses may take this part of their room, and no less than the bytes, before they are cleared out. */
const WASTE_SHARE_MAX = 0.25;
const WASTE_BYTES_MIN = 8 * 1024 * 1024;

/**
 * Makes a table of rows that were put in their places, from a snapshot or a database: hashes, lists, counts and free rows
 * follow from the rows. An asset without a name is dropped: its sidecar tells the disk's reconciliation of its names.
 */
export function linkRows(table: AssetTable): Dropped {
  const { assets, names } = table;
  assets.hash.clear();
  assets.hash.reserve(assets.rows.count);
  names.hash.clear();
  names.hash.reserve(names.rows.count);
  names.clearUses();
  const doubles = linkAssets(table);
  const nameRows = linkNames(table);
  const nameless = dropNameless(table);
  finish(table);
  return { slots: [...doubles, ...nameless], nameRows };
}

/**
 * The same for rows that come with their hashes, lists and uses: what a plan alone wanted is to go, too.
 * @param isCounted the uses are those of names alone
 */
export function takeOverRows(table: AssetTable, isCounted: boolean): Dropped {
  const { assets, names } = table;
  if (!isCounted) recount(names);
  for (let slot = 0; slot < assets.rows.count; slot += 1) {
    if (!assets.isWanted(slot)) continue;
    assets.setWanted(slot, false);
    assets.releaseIfIdle(slot);
  }
  for (let row = 0; row < names.rows.count; row += 1)
    if (names.isNamed(row)) names.releaseIfIdle(row);
  const nameless = dropNameless(table);
  finish(table);
  return { slots: nameless, nameRows: [] };
}

function recount(names: NameRows): void {
  names.clearUses();
  for (let row = 0; row < names.rows.count; row += 1) if (names.isNamed(row)) names.countIn(row);
}

function finish(table: AssetTable): void {
  const { assets, names } = table;
  table.countAll();
  assets.rows.findFree((slot) => assets.isInUse(slot));
  names.rows.findFree((row) => names.isInUse(row));
  names.titles.dropUnused();
  names.files.dropUnused();
  names.contentTypes.dropUnused();
  const wasteBytes = names.records.sizeBytes - names.records.liveBytes;
  if (wasteBytes > Math.max(WASTE_BYTES_MIN, names.records.sizeBytes * WASTE_SHARE_MAX))
    names.compact();
}

function linkAssets({ assets, places }: AssetTable): number[] {
  const dropped: number[] = [];
  for (let slot = 0; slot < assets.rows.count; slot += 1) {
    const isHeld = assets.isHeld(slot);
    if (isHeld && assets.placeOf(slot) < places.length && assets.hashIn(slot)) {
      assets.setWanted(slot, false);
      assets.setFirstName(slot, -1);
    } else {
      if (isHeld) dropped.push(slot);
      assets.clear(slot);
    }
  }
  return dropped;
}

function linkNames(table: AssetTable): number[] {
  const { names } = table;
  const dropped: number[] = [];
  for (let row = 0; row < names.rows.count; row += 1) {
    const slot = names.slotOf(row);
    if (slot >= 0 && table.isHeld(slot) && names.isSound(row) && names.hashIn(row)) {
      names.countIn(row);
      table.link(row, slot);
    } else {
      if (slot >= 0) dropped.push(row);
      names.clear(row);
    }
  }
  return dropped;
}

function dropNameless({ assets }: AssetTable): number[] {
  const dropped: number[] = [];
  for (let slot = 0; slot < assets.rows.count; slot += 1) {
    if (!assets.isHeld(slot) || assets.firstName(slot) >= 0) continue;
    assets.setHeld(slot, false);
    assets.releaseIfIdle(slot);
    dropped.push(slot);
  }
  return dropped;
}
