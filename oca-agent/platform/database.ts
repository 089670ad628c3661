import { DatabaseSync } from 'node:sqlite';

export type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * How much a power cut may take back. `cache`: the last transactions, as the disks tell them again (WAL, NORMAL).
 * `ledger`: nothing (WAL, FULL). Measured: NORMAL lost 22,140 of 63,694 acknowledged rows, FULL lost none.
 * Source: research "appliance", section 3.5. A ledger belongs to one process at a time. `mirror`: as a cache, of what is in
 * memory; it may be so large that it is not read through when it is opened, and who reads it finds the damage.
 */
export type Durability = 'cache' | 'ledger' | 'mirror';

/** Opens a database file and makes it when there is none. @throws whatever SQLite says of a file that is not sound. */
export type OpenDatabase = (file: string, durability: Durability) => DatabaseSync;

export const openSqlite: OpenDatabase = (file, durability) => {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL');
    if (durability === 'ledger')
      database.exec(
        'PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT',
      );
    else database.exec('PRAGMA synchronous = NORMAL');
    if (durability === 'mirror') return database;
    const verdict = database.prepare('PRAGMA quick_check(1)').get();
    if (verdict?.quick_check !== 'ok') throw new Error(`database is not sound: ${file}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Runs `work` in one transaction: all of it, or none. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
