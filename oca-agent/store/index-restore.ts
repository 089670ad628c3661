import type { AssetTable } from './asset-table.ts';

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
  assets.hash.reserve(assets.rows.count);
  names.hash.reserve(names.rows.count);
  names.records.liveBytes = 0;
  const doubles = linkAssets(table);
  const nameRows = linkNames(table);
  const nameless = dropNameless(table);
  assets.rows.findFree((slot) => assets.isInUse(slot));
  names.rows.findFree((row) => names.isInUse(row));
  names.titles.dropUnused();
  names.contentTypes.dropUnused();
  const wasteBytes = names.records.sizeBytes - names.records.liveBytes;
  if (wasteBytes > Math.max(WASTE_BYTES_MIN, names.records.sizeBytes * WASTE_SHARE_MAX))
    names.compact();
  return { slots: [...doubles, ...nameless], nameRows };
}

function linkAssets(table: AssetTable): number[] {
  const { assets, places } = table;
  const dropped: number[] = [];
  for (let slot = 0; slot < assets.rows.count; slot += 1) {
    const isHeld = assets.isHeld(slot);
    if (isHeld && assets.placeOf(slot) < places.length && assets.hashIn(slot)) {
      assets.setWanted(slot, false);
      assets.setFirstName(slot, -1);
      table.count(slot, 1);
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
      table.link(row, slot);
    } else {
      if (slot >= 0) dropped.push(row);
      names.clear(row);
    }
  }
  return dropped;
}

function dropNameless(table: AssetTable): number[] {
  const { assets } = table;
  const dropped: number[] = [];
  for (let slot = 0; slot < assets.rows.count; slot += 1) {
    if (!assets.isHeld(slot) || assets.firstName(slot) >= 0) continue;
    table.drop(slot);
    dropped.push(slot);
  }
  return dropped;
}
