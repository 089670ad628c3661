import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { CdnError } from '#domain/errors.ts';
import type { Slot } from '#domain/eviction/policy.ts';
import { type AssetId, type DiskId, isAssetId, type TitleId } from '#domain/ids.ts';
import type { Bytes, EpochMs } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import { type DatabaseSync, inTransaction, type StatementSync } from '../../platform/database.ts';
import type { AssetTable } from '../table/asset-table.ts';

const FORMAT = 2;

/**
 * The rows of the table under their numbers, each with a checksum, for SQLite has none. `change` lists the rows that were
 * written since the last snapshot, so that a start need not read them all.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS asset (
    slot INTEGER PRIMARY KEY, assetId TEXT NOT NULL, diskId TEXT NOT NULL, tier TEXT NOT NULL,
    sizeBytes INTEGER NOT NULL, heat REAL NOT NULL, usedAt INTEGER NOT NULL, crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS name (
    nameRow INTEGER PRIMARY KEY, slot INTEGER NOT NULL, titleId TEXT NOT NULL, file TEXT NOT NULL,
    etag TEXT NOT NULL, contentType TEXT NOT NULL, fetchedAt INTEGER NOT NULL, crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS change (
    sequence INTEGER NOT NULL, isName INTEGER NOT NULL, number INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS state (databaseId TEXT NOT NULL, sequence INTEGER NOT NULL) STRICT;
`;

const QUERIES = {
  putAsset: 'INSERT OR REPLACE INTO asset VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  dropAsset: 'DELETE FROM asset WHERE slot = ?',
  asset: 'SELECT * FROM asset WHERE slot = ?',
  assets: 'SELECT * FROM asset ORDER BY slot',
  putName: 'INSERT OR REPLACE INTO name VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  dropName: 'DELETE FROM name WHERE nameRow = ?',
  name: 'SELECT * FROM name WHERE nameRow = ?',
  names: 'SELECT * FROM name ORDER BY nameRow',
  addChange: 'INSERT INTO change VALUES (?, ?, ?)',
  changes: 'SELECT DISTINCT isName, number FROM change WHERE sequence > ?',
  forgetChanges: 'DELETE FROM change WHERE sequence <= ?',
  setSequence: 'UPDATE state SET sequence = ?',
  state: 'SELECT databaseId, sequence FROM state',
} as const;

/** A row as SQLite gives it: in the order of its columns. */
type Row = (string | number | null)[];

export class IndexDatabase {
  readonly databaseId: string;
  /** Grows with every transaction. */
  sequence: number;
  readonly #database: DatabaseSync;
  readonly #query: Record<keyof typeof QUERIES, StatementSync>;

  /** @throws Error when it is no index, or of another format; CdnError `store-newer`. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    beginFormat(database);
    const prepared = Object.entries(QUERIES).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#query = Object.fromEntries(prepared);
    for (const name of ['asset', 'assets', 'name', 'names', 'changes'] as const)
      this.#query[name].setReturnArrays(true);
    const state = this.#query.state.get() as { databaseId: string; sequence: number };
    this.databaseId = state.databaseId;
    this.sequence = state.sequence;
  }

  /** Writes rows as they are now. `isListed`: so that they are found among the changes. */
  write(
    table: AssetTable,
    changed: { readonly slots: Iterable<Slot>; readonly nameRows: Iterable<number> },
    isListed: boolean,
  ): void {
    const sequence = this.sequence + 1;
    inTransaction(this.#database, () => {
      for (const slot of changed.slots) {
        this.#writeAsset(table, slot);
        if (isListed) this.#query.addChange.run(sequence, 0, slot);
      }
      for (const row of changed.nameRows) {
        this.#writeName(table, row);
        if (isListed) this.#query.addChange.run(sequence, 1, row);
      }
      this.#query.setSequence.run(sequence);
    });
    this.sequence = sequence;
  }

  /** Puts every row in its place. @throws what SQLite says of a damaged file. */
  readAll(table: AssetTable): void {
    for (const row of this.#query.assets.iterate()) putAsset(table, row as unknown as Row);
    for (const row of this.#query.names.iterate()) putName(table, row as unknown as Row);
  }

  /** Puts the rows in their places that were written after `sequence`, and clears those that are no more. */
  readChanges(table: AssetTable, sequence: number): number {
    const changes = this.#query.changes.all(sequence) as unknown as [number, number][];
    for (const [isName, number] of changes) {
      const row = (isName ? this.#query.name : this.#query.asset).get(number);
      if (isName) replaceName(table, number, row as Row | undefined);
      else replaceAsset(table, number, row as Row | undefined);
    }
    return changes.length;
  }

  /** What was written up to `sequence` is in a snapshot. */
  forgetChanges(sequence: number): void {
    this.#query.forgetChanges.run(sequence);
  }
  /** Makes all that was written survive a power cut. */
  sync(): void {
    this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }
  close(): void {
    this.#database.close();
  }

  #writeAsset(table: AssetTable, slot: Slot): void {
    if (!table.isHeld(slot)) {
      this.#query.dropAsset.run(slot);
      return;
    }
    const { assets } = table;
    const { assetId, diskId, tier, sizeBytes } = table.held(slot);
    const facts = [assetId, diskId, tier, sizeBytes, assets.heatOf(slot), assets.lastUsedAt(slot)];
    this.#query.putAsset.run(slot, ...facts, checksum([slot, ...facts]));
  }
  #writeName(table: AssetTable, row: number): void {
    const { names } = table;
    const slot = row < names.rows.count ? names.slotOf(row) : -1;
    if (slot < 0) {
      this.#query.dropName.run(row);
      return;
    }
    const { titleId, file, etag, contentType, fetchedAt } = table.nameAt(row);
    const facts = [slot, titleId, file, etag, contentType, fetchedAt];
    this.#query.putName.run(row, ...facts, checksum([row, ...facts]));
  }
}

/** @throws CdnError `store-newer` */
export function refuseNewer(format: number): void {
  if (format <= FORMAT) return;
  throw new CdnError(
    'store-newer',
    `the index was written by a newer version: format ${format}, expected ${FORMAT}. Start that version, or remove index.* from the state directory: the disks tell it anew`,
  );
}

function beginFormat(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  refuseNewer(found);
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!isEmpty && found !== FORMAT) throw new Error(`index of format ${found}; expected ${FORMAT}`);
  database.exec(SCHEMA);
  database.exec(`PRAGMA user_version = ${FORMAT}`);
  if (database.prepare('SELECT 1 FROM state').get()) return;
  database.prepare('INSERT INTO state VALUES (?, 0)').run(randomUUID());
}

const checksum = (facts: Row): number => crc32(JSON.stringify(facts));

/** All but the checksum; undefined for a row that is not as it was written. */
function soundFacts(row: Row): Row | undefined {
  const facts = row.slice(0, -1);
  return checksum(facts) === row.at(-1) ? facts : undefined;
}

function putAsset(table: AssetTable, row: Row): void {
  const facts = soundFacts(row);
  if (!facts) return;
  const [slot, assetId, diskId, tier, sizeBytes, heat, usedAt] = facts as [
    Slot,
    AssetId,
    DiskId,
    Tier,
    Bytes,
    number,
    EpochMs,
  ];
  if (!isAssetId(assetId)) return;
  const { assets } = table;
  assets.put(slot, assetId);
  assets.setSize(slot, sizeBytes);
  assets.setPlace(slot, table.numberOfPlace({ diskId, tier }));
  assets.setHeat(slot, heat);
  assets.setLastUsedAt(slot, usedAt);
  assets.setHeld(slot, true);
}

function putName(table: AssetTable, row: Row): void {
  const facts = soundFacts(row);
  if (!facts) return;
  const [nameRow, slot, titleId, file, etag, contentType, fetchedAt] = facts as [
    number,
    Slot,
    TitleId,
    string,
    string,
    string,
    EpochMs,
  ];
  table.names.put(nameRow, { titleId, file, etag, contentType, fetchedAt });
  table.names.setSlot(nameRow, slot);
}

function replaceAsset(table: AssetTable, slot: Slot, row: Row | undefined): void {
  if (slot < table.assets.rows.count) table.assets.clear(slot);
  if (row) putAsset(table, row);
}
function replaceName(table: AssetTable, nameRow: number, row: Row | undefined): void {
  if (nameRow < table.names.rows.count) table.names.clear(nameRow);
  if (row) putName(table, row);
}
