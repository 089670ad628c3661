import type { Clock } from '#domain/clock.ts';
import type { Slot } from '#domain/eviction/policy.ts';
import { type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { FileSystem } from '../../platform/file-system.ts';
import type { AssetTable } from '../table/asset-table.ts';
import type { IndexDatabase } from './index-database.ts';
import type { IndexKeeping } from './index-keeping.ts';
import { writeSnapshot } from './index-snapshot.ts';
import { Backlog, type TakenRows } from './row-backlog.ts';

/** A crash loses no more than this, and new rows that are many; the disks tell it again. */
const WRITE_AFTER = milliseconds(200);
/** So many rows are written in about ten milliseconds, in which nothing else happens. Measured: 8 µs each. */
const ROWS_AT_A_TIME = 1024;
/** A fifth of a second's. What is new beyond that the snapshot knows alone. */
const WRITES_AT_END = 16;
/** After a failure: the state directory may be full. */
const RETRY_AFTER = seconds(10);
/** Assumption: so much of what is known of uses may be lost in a crash. */
const SNAPSHOT_EVERY = seconds(600);

export interface IndexKeeperOptions {
  readonly table: AssetTable;
  readonly database: IndexDatabase;
  readonly files: FileSystem;
  readonly snapshotPath: string;
  /** A snapshot stands on the disk: changes since are to be listed. */
  readonly hasSnapshot: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps the table in SQLite, some hundred rows a transaction, and now and then in a snapshot. Nobody waits for it: after a
 * crash the disks are asked for what is missing. A row that the database does not know may therefore be written later, alone;
 * what it says otherwise may not, for a name must never lead to another asset in the same slot.
 */
export class IndexKeeper implements IndexKeeping {
  readonly #options: IndexKeeperOptions;
  /** What the database says otherwise. All of them go into one transaction. */
  readonly #changed = { slots: new Set<Slot>(), nameRows: new Set<number>() };
  /** What the database knows nothing of: there may be millions when the disks tell the index anew. In any order. */
  #new = new Backlog();
  /** What it may know nothing of, but the snapshot does: so it need not be listed. */
  readonly #lacking = new Backlog();
  readonly #ending = new AbortController();
  readonly #snapshots: Promise<void>;
  #hasSnapshot: boolean;
  /** Something has changed since the last snapshot, if only in heat. */
  #isStale: boolean;
  /** Since the snapshot under way began. */
  #isPlanNew = false;
  #isAwake = false;
  #isFailing = false;

  constructor(options: IndexKeeperOptions) {
    this.#options = options;
    this.#hasSnapshot = options.hasSnapshot;
    this.#isStale = !options.hasSnapshot;
    this.#snapshots = this.#keepSnapshots(this.#ending.signal);
  }

  noteAsset(slot: Slot, isNew: boolean): void {
    const isUnknown = isNew && !this.#changed.slots.has(slot);
    (isUnknown ? this.#new : this.#changed).slots.add(slot);
    this.#wake();
  }
  noteName(row: number, isNew: boolean): void {
    const isUnknown = isNew && !this.#changed.nameRows.has(row);
    (isUnknown ? this.#new : this.#changed).nameRows.add(row);
    this.#wake();
  }
  noteUse(): void {
    this.#isStale = true;
  }
  /** A snapshot under way may have rows of the plan before and rows of this one: it must not pass for exact. */
  notePlan(): void {
    this.#isStale = true;
    this.#isPlanNew = true;
  }

  /** Writes what changed, and some of what is new; what cannot be written stays for later. */
  write(): void {
    if (!this.#isAhead && this.#lacking.size === 0) return;
    const { table, database, log } = this.#options;
    const fresh = this.#new.take(ROWS_AT_A_TIME);
    // At the end they wait for the next start: a snapshot that is exact stays so.
    const isEnding = this.#ending.signal.aborted;
    const lacking = this.#lacking.take(isEnding ? 0 : ROWS_AT_A_TIME - fresh.size);
    try {
      const slots = [...this.#changed.slots, ...fresh.slots];
      const nameRows = [...this.#changed.nameRows, ...fresh.nameRows];
      if (slots.length + nameRows.length > 0)
        database.write(table, { slots, nameRows }, this.#hasSnapshot);
      this.#changed.slots.clear();
      this.#changed.nameRows.clear();
      if (lacking.size > 0) this.#writeLacking(lacking);
      this.#isFailing = false;
    } catch (error) {
      this.#new.add(fresh);
      this.#lacking.add(lacking);
      if (!this.#isFailing) log('store.index.unwritten', failureFacts(error));
      this.#isFailing = true;
    }
  }

  /** The snapshot is no longer exact after that. */
  #writeLacking(rows: TakenRows): void {
    const { table, database } = this.#options;
    database.write(table, rows, false);
    this.#isStale = true;
  }

  /** The snapshot has rows that the database may not know. */
  noteLacking(): void {
    const { assets, names } = this.#options.table;
    for (let slot = 0; slot < assets.rows.count; slot += 1) this.#lacking.slots.add(slot);
    for (let row = 0; row < names.rows.count; row += 1) this.#lacking.nameRows.add(row);
    void this.#writeSoon();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#snapshots;
    for (let time = 0; time < WRITES_AT_END && this.#isAhead; time += 1) this.write();
    if (this.#isStale) await this.#snapshot();
    this.#options.database.close();
  }

  /** The table has what neither database nor snapshot has. */
  get #isAhead(): boolean {
    return this.#changedCount + this.#new.size > 0;
  }
  get #changedCount(): number {
    return this.#changed.slots.size + this.#changed.nameRows.size;
  }

  #wake(): void {
    this.#isStale = true;
    const isMuch = this.#changedCount >= ROWS_AT_A_TIME;
    if (isMuch && !this.#isFailing) this.write();
    else if (!this.#isAwake) void this.#writeSoon();
  }

  async #writeSoon(): Promise<void> {
    this.#isAwake = true;
    const { signal } = this.#ending;
    const pause: Milliseconds = this.#isFailing ? RETRY_AFTER : WRITE_AFTER;
    await this.#options.clock.sleep(pause, signal);
    this.#isAwake = false;
    if (signal.aborted) return;
    this.write();
    if (this.#isAhead || this.#lacking.size > 0) void this.#writeSoon();
  }

  async #keepSnapshots(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(SNAPSHOT_EVERY, signal);
      if (!signal.aborted && this.#isStale) await this.#snapshot();
    }
  }

  /** From now on changes are listed, so that the snapshot may be written in peace. */
  async #snapshot(): Promise<void> {
    const { files, snapshotPath, table, database, log } = this.#options;
    this.write();
    const beginSequence = database.sequence;
    this.#hasSnapshot = true;
    this.#isStale = false;
    this.#isPlanNew = false;
    const included = this.#new;
    this.#new = new Backlog();
    try {
      await writeSnapshot(files, snapshotPath, table, {
        databaseId: database.databaseId,
        beginSequence,
        settle: () => this.#settle(included.size > 0),
      });
      database.forgetChanges(beginSequence);
      this.#lacking.absorb(included);
    } catch (error) {
      this.#new.absorb(included);
      this.#isStale = true;
      log('store.snapshot.unwritten', failureFacts(error));
    }
  }

  /** @throws Error when the database says otherwise than the snapshot will. */
  #settle(isBehind: boolean): { endSequence: number; isDatabaseBehind: boolean } {
    // Otherwise nothing has come since the snapshot began, and it may pass for exact.
    if (this.#isAhead) this.write();
    if (this.#changedCount > 0) throw new Error('the database lags behind');
    const { database, table } = this.#options;
    if (this.#isPlanNew) database.write(table, { slots: [], nameRows: [] }, false);
    database.sync();
    const isDatabaseBehind = isBehind || this.#new.size + this.#lacking.size > 0;
    return { endSequence: database.sequence, isDatabaseBehind };
  }
}
