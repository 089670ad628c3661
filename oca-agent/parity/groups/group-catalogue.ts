import { join } from 'node:path';
import type { AssetId, DiskId, ParityGroupId } from '#domain/ids.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import type { Log } from '../../log.ts';
import { type DatabaseSync, inTransaction, type StatementSync } from '../../platform/database.ts';
import type { Platform } from '../../platform/platform.ts';
import type { MemberRecord, ParityRecord, ParityShape } from './parity-record.ts';

export type CataloguedMember = Pick<MemberRecord, 'column' | 'assetId' | 'sizeBytes'>;

/** A group as it was written. What has become of its members, index and disks say. */
export interface CataloguedGroup extends ParityShape {
  readonly groupId: ParityGroupId;
  readonly lengthBytes: Bytes;
  readonly members: readonly CataloguedMember[];
  /** Where each row lies; undefined where it is lost. */
  readonly rows: readonly (DiskId | undefined)[];
}

export const cataloguedOf = (
  record: ParityRecord,
  rows: readonly (DiskId | undefined)[],
): CataloguedGroup => ({
  groupId: record.groupId,
  dataFiles: record.dataFiles,
  parityFiles: record.parityFiles,
  lengthBytes: record.lengthBytes,
  members: record.members.map(({ column, assetId, sizeBytes }) => ({ column, assetId, sizeBytes })),
  rows,
});

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS parityGroup (
    groupId TEXT PRIMARY KEY, dataFiles INTEGER NOT NULL, parityFiles INTEGER NOT NULL,
    lengthBytes INTEGER NOT NULL, members BLOB NOT NULL, rowDisks TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** A member: its column, its size in 6 bytes, its id. */
const MEMBER_BYTES = 1 + 6 + 32;

/** All groups in SQLite: a cache of the parity files' sidecars, so that a start need not read those. */
export class GroupCatalogue {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #setRows: StatementSync;
  readonly #page: StatementSync;
  readonly #members: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(SCHEMA);
    this.#put = database.prepare(
      `INSERT OR REPLACE INTO parityGroup (groupId, dataFiles, parityFiles, lengthBytes, members, rowDisks)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = database.prepare('DELETE FROM parityGroup WHERE groupId = ?');
    this.#setRows = database.prepare('UPDATE parityGroup SET rowDisks = ? WHERE groupId = ?');
    this.#members = database.prepare('SELECT members FROM parityGroup WHERE groupId = ?');
    this.#page = database.prepare(
      'SELECT * FROM parityGroup WHERE groupId > ? ORDER BY groupId LIMIT ?',
    );
  }

  /** A new group comes and those that it replaces go, in one transaction. */
  change(change: {
    readonly added: readonly CataloguedGroup[];
    readonly removed: readonly ParityGroupId[];
  }): void {
    inTransaction(this.#database, () => {
      for (const groupId of change.removed) this.#remove.run(groupId);
      for (const group of change.added)
        this.#put.run(
          group.groupId,
          group.dataFiles,
          group.parityFiles,
          group.lengthBytes,
          packMembers(group.members),
          packRows(group.rows),
        );
    });
  }

  setRows(groupId: ParityGroupId, rows: readonly (DiskId | undefined)[]): void {
    this.#setRows.run(packRows(rows), groupId);
  }

  /** What the group was written with in a column. */
  memberOf(groupId: ParityGroupId, column: number): CataloguedMember | undefined {
    const row = this.#members.get(groupId);
    if (!row) return undefined;
    return unpackMembers(row.members as Uint8Array).find((member) => member.column === column);
  }

  /** Up to `countMax` groups in the order of their ids, after one of them. */
  page(after: ParityGroupId | '', countMax: number): CataloguedGroup[] {
    return this.#page.all(after, countMax).map((row) => ({
      groupId: row.groupId as ParityGroupId,
      dataFiles: Number(row.dataFiles),
      parityFiles: Number(row.parityFiles),
      lengthBytes: bytes(Number(row.lengthBytes)),
      members: unpackMembers(row.members as Uint8Array),
      rows: unpackRows(String(row.rowDisks)),
    }));
  }

  close(): void {
    this.#database.close();
  }
}

export interface CatalogueOptions {
  readonly platform: Pick<Platform, 'fileSystem' | 'openDatabase'>;
  readonly stateDirectory: string;
  readonly log: Log;
}

/**
 * Opens `parity.db`. One that is damaged is begun anew: the sidecars tell all of it again. It is not read through, which would
 * take a second: whoever loads it finds what is damaged further on.
 */
export async function openCatalogue(options: CatalogueOptions): Promise<GroupCatalogue> {
  let database: DatabaseSync | undefined;
  try {
    database = options.platform.openDatabase(pathOf(options), 'mirror');
    const catalogue = new GroupCatalogue(database);
    catalogue.page('', 1);
    return catalogue;
  } catch {
    database?.close();
    return openCatalogueAnew(options);
  }
}

/** Removes what is left of a damaged one first. */
export async function openCatalogueAnew(options: CatalogueOptions): Promise<GroupCatalogue> {
  const { platform, log } = options;
  const path = pathOf(options);
  log('parity.catalogue.unsound');
  for (const ending of ['', '-wal', '-shm']) await platform.fileSystem.remove(`${path}${ending}`);
  return new GroupCatalogue(platform.openDatabase(path, 'mirror'));
}

const pathOf = ({ stateDirectory }: CatalogueOptions): string => join(stateDirectory, 'parity.db');

function packMembers(members: readonly CataloguedMember[]): Buffer {
  const packed = Buffer.alloc(members.length * MEMBER_BYTES);
  members.forEach(({ column, sizeBytes, assetId }, index) => {
    const at = index * MEMBER_BYTES;
    packed.writeUInt8(column, at);
    packed.writeUIntLE(sizeBytes, at + 1, 6);
    packed.write(assetId, at + 7, 'hex');
  });
  return packed;
}

function unpackMembers(content: Uint8Array): CataloguedMember[] {
  const packed = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return Array.from({ length: Math.floor(packed.length / MEMBER_BYTES) }, (_, index) => {
    const at = index * MEMBER_BYTES;
    return {
      column: packed.readUInt8(at),
      sizeBytes: bytes(packed.readUIntLE(at + 1, 6)),
      assetId: packed.toString('hex', at + 7, at + MEMBER_BYTES) as AssetId,
    };
  });
}

/** Ids of disks hold no comma; a lost row is an empty word. */
const packRows = (rows: readonly (DiskId | undefined)[]): string => rows.join(',');
const unpackRows = (packed: string): (DiskId | undefined)[] =>
  packed.split(',').map((diskId) => (diskId === '' ? undefined : (diskId as DiskId)));
