import { join } from 'node:path';
import { errorCodeOf } from '#domain/errors.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { Platform } from '../../platform/platform.ts';
import { AssetIndex } from '../asset-index.ts';
import { AssetTable } from '../table/asset-table.ts';
import { IndexDatabase, refuseNewer } from './index-database.ts';
import { IndexKeeper } from './index-keeper.ts';
import { type Dropped, linkRows, takeOverRows } from './index-restore.ts';
import { readSnapshot } from './index-snapshot.ts';

export interface OpenIndexOptions {
  readonly platform: Pick<Platform, 'clock' | 'fileSystem' | 'openDatabase'>;
  readonly stateDirectory: string;
  readonly log: Log;
}

interface Restored {
  readonly table: AssetTable;
  readonly database: IndexDatabase;
  readonly hasSnapshot: boolean;
  readonly isDatabaseBehind: boolean;
  readonly dropped: Dropped;
}

const NOTHING_RESTORED = {
  hasSnapshot: false,
  isDatabaseBehind: false,
  dropped: { slots: [], nameRows: [] },
} as const;

/**
 * Opens the index, in this order: the snapshot, with what the database says has changed since; the database alone, when
 * there is no whole snapshot; nothing, when the database is damaged. What is missing then is told by the disks.
 * @throws CdnError `store-newer`
 */
export async function openIndex(options: OpenIndexOptions): Promise<AssetIndex> {
  const { clock, fileSystem } = options.platform;
  await fileSystem.makeFolder(options.stateDirectory);
  const { table, database, hasSnapshot, isDatabaseBehind, dropped } = await restore(options);
  const index = new AssetIndex(table);
  const keeper = new IndexKeeper({
    table,
    database,
    files: fileSystem,
    snapshotPath: snapshotPath(options),
    hasSnapshot,
    clock,
    log: options.log,
  });
  for (const slot of dropped.slots) keeper.noteAsset(slot, false);
  for (const row of dropped.nameRows) keeper.noteName(row, false);
  if (isDatabaseBehind) keeper.noteLacking();
  index.keepBy(keeper);
  return index;
}

/** How a database file begins, and where it keeps its `user_version`. Source: SQLite, "Database File Format", section 1.3. */
const MAGIC = 'SQLite format 3';
const USER_VERSION_AT = 60;
const HEADER_BYTES = 100;

/** Looks at the index and touches nothing. @throws CdnError `store-newer` when a newer version wrote it. */
export async function inspectIndex(options: OpenIndexOptions): Promise<void> {
  // What cannot be read is damaged, and is begun anew.
  const header = await readHeader(options).catch(() => undefined);
  if (header?.toString('latin1', 0, MAGIC.length) === MAGIC)
    refuseNewer(header.readInt32BE(USER_VERSION_AT));
}

async function readHeader(options: OpenIndexOptions): Promise<Buffer> {
  const file = await options.platform.fileSystem.open(databasePath(options));
  const header = Buffer.alloc(HEADER_BYTES);
  await file.read(header, 0).finally(() => file.close());
  return header;
}

async function restore(options: OpenIndexOptions): Promise<Restored> {
  try {
    const database = openDatabase(options);
    try {
      return (await restoreFast(options, database)) ?? (await restoreSlowly(options, database));
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (errorCodeOf(error) === 'store-newer') throw error;
    options.log('store.index.unsound', failureFacts(error));
    await removeFiles(options);
    const table = new AssetTable();
    return { ...NOTHING_RESTORED, table, database: openDatabase(options) };
  }
}

async function restoreFast(
  options: OpenIndexOptions,
  database: IndexDatabase,
): Promise<Restored | undefined> {
  const table = new AssetTable();
  const path = snapshotPath(options);
  const stamp = await readSnapshot(options.platform.fileSystem, path, table);
  if (!stamp || stamp.databaseId !== database.databaseId) return undefined;
  // After a power cut the database may have forgotten what the snapshot says.
  if (stamp.endSequence > database.sequence) return undefined;
  const isExact = stamp.beginSequence === database.sequence;
  if (!isExact) database.readChanges(table, stamp.beginSequence);
  const dropped = isExact ? takeOverRows(table, stamp.recordsApart === 0) : linkRows(table);
  return { table, database, hasSnapshot: true, dropped, isDatabaseBehind: stamp.isDatabaseBehind };
}

async function restoreSlowly(
  options: OpenIndexOptions,
  database: IndexDatabase,
): Promise<Restored> {
  const table = new AssetTable();
  await options.platform.fileSystem.remove(snapshotPath(options));
  database.readAll(table);
  if (table.assets.rows.count > 0)
    options.log('store.index.read', { rows: table.assets.rows.count });
  return { ...NOTHING_RESTORED, table, database, dropped: linkRows(table) };
}

async function removeFiles(options: OpenIndexOptions): Promise<void> {
  const { fileSystem } = options.platform;
  await fileSystem.remove(snapshotPath(options));
  for (const ending of ['', '-wal', '-shm'])
    await fileSystem.remove(`${databasePath(options)}${ending}`);
}

const openDatabase = (options: OpenIndexOptions): IndexDatabase =>
  new IndexDatabase(options.platform.openDatabase(databasePath(options), 'mirror'));
const databasePath = ({ stateDirectory }: OpenIndexOptions) => join(stateDirectory, 'index.db');
const snapshotPath = ({ stateDirectory }: OpenIndexOptions) =>
  join(stateDirectory, 'index.snapshot');
