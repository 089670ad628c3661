import type { Clock } from '#domain/clock.ts';
import type { Slot } from '#domain/eviction/policy.ts';
import { type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { FileSystem } from '../../platform/file-system.ts';
import type { AssetTable } from '../table/asset-table.ts';
import type { IndexDatabase } from './index-database.ts';
import type { IndexKeeping } from './index-keeping.ts';
import { writeSnapshot } from './index-snapshot.ts';

/** A crash loses no more than this; the disks tell it again. */
const WRITE_AFTER = milliseconds(200);
/** So many rows are written in about ten milliseconds, in which nothing else happens. Measured: 8 µs each. */
const UNWRITTEN_MAX = 1024;
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
 * crash the disks are asked for what is missing.
 */
export class IndexKeeper implements IndexKeeping {
  readonly #options: IndexKeeperOptions;
  readonly #slots = new Set<Slot>();
  readonly #nameRows = new Set<number>();
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

  noteAsset(slot: Slot): void {
    this.#slots.add(slot);
    this.#wake();
  }
  noteName(row: number): void {
    this.#nameRows.add(row);
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

  /** Writes what is not written; what cannot be written stays for later. */
  write(): void {
    if (this.#slots.size + this.#nameRows.size === 0) return;
    const { table, database, log } = this.#options;
    try {
      const changed = { slots: this.#slots, nameRows: this.#nameRows };
      database.write(table, changed, this.#hasSnapshot);
      this.#slots.clear();
      this.#nameRows.clear();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log('store.index.unwritten', failureFacts(error));
      this.#isFailing = true;
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#snapshots;
    this.write();
    if (this.#isStale) await this.#snapshot();
    this.#options.database.close();
  }

  #wake(): void {
    this.#isStale = true;
    const isMuch = this.#slots.size + this.#nameRows.size >= UNWRITTEN_MAX;
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
    if (this.#isFailing) void this.#writeSoon();
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
    try {
      await writeSnapshot(files, snapshotPath, table, {
        databaseId: database.databaseId,
        beginSequence,
        settle: () => this.#settle(),
      });
      database.forgetChanges(beginSequence);
    } catch (error) {
      this.#isStale = true;
      log('store.snapshot.unwritten', failureFacts(error));
    }
  }

  /** @throws Error when the database cannot say what the snapshot says. */
  #settle(): number {
    this.write();
    if (this.#isFailing) throw new Error('the database lags behind');
    const { database, table } = this.#options;
    if (this.#isPlanNew) database.write(table, { slots: [], nameRows: [] }, false);
    database.sync();
    return database.sequence;
  }
}
