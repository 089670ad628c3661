import type { ParityGroupId } from '#domain/ids.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import { chunkBytesAt, chunkCountOf, type ParityRecord } from '../groups/parity-record.ts';
import { type ParityParts, placedRows, removeRows, sourceDisks } from '../tasks/parity-parts.ts';
import { RowFiles, type RowPlace } from './row-files.ts';

export interface RowTask {
  readonly groupId: ParityGroupId;
  /** The rows to be written, and where. */
  readonly places: readonly RowPlace[];
  readonly pace: Pace;
}

/** Writes rows of a group anew that were lost or have rotted, each told from any k pieces that are left. */
export class RowRewriting {
  readonly task: RowTask;
  readonly #parts: ParityParts;
  readonly #record: ParityRecord;
  readonly #files: RowFiles;
  #nextChunk = 0;

  private constructor(parts: ParityParts, task: RowTask, record: ParityRecord, files: RowFiles) {
    this.#parts = parts;
    this.task = task;
    this.#record = record;
    this.#files = files;
  }

  /** @throws CdnError `asset-not-stored` when no row is left to tell of the group; `disk-failed`, `disk-full`. */
  static async begin(parts: ParityParts, task: RowTask): Promise<RowRewriting> {
    const record = await parts.records.read(task.groupId);
    const files = await RowFiles.create(parts, task.places, record.lengthBytes);
    return new RowRewriting(parts, task, record, files);
  }

  get hasMore(): boolean {
    return this.#nextChunk < chunkCountOf(this.#record.lengthBytes);
  }

  /** The pieces that are written. */
  get pieces(): number[] {
    return this.task.places.map(({ row }) => this.#record.dataFiles + row);
  }

  async writeChunk(signal: AbortSignal): Promise<void> {
    const { groupId, places, pace } = this.task;
    const index = this.#nextChunk;
    const chunkBytes = chunkBytesAt(this.#record.lengthBytes, index);
    const sources = sourceDisks(this.#parts, groupId, this.pieces);
    const disks = new Set([...sources, ...this.#files.diskIds]);
    await Promise.all([...disks].map((diskId) => pace(diskId, chunkBytes, signal)));
    if (signal.aborted) return;
    const rows = places.map(({ row }) => row);
    const told = await this.#parts.teller.tellRows(groupId, rows, index);
    const chunks = this.pieces.map((piece) => told.get(piece) as Uint8Array);
    await this.#files.write(index, chunks);
    this.#nextChunk += 1;
  }

  async commit(): Promise<void> {
    const { groups, catalogue, records } = this.#parts;
    const { groupId, places } = this.task;
    const { row: _row, rowChunkHashes: _hashes, ...record } = this.#record;
    await this.#files.publish(record);
    const group = groups.table.find(groupId);
    const before = group === undefined ? [] : placedRows(this.#parts, group);
    if (group !== undefined) {
      for (const { row, diskId } of places) groups.setRow(group, row, diskId);
      catalogue.setRows(groupId, groups.rowDisks(group));
    }
    records.forget(groupId);
    // Where a row was before, and what was written for a group that has gone: nobody needs either.
    await removeRows(this.#parts, [...before, ...places.map((place) => ({ ...place, groupId }))]);
    await this.abandon();
  }

  abandon(): Promise<void> {
    return this.#files.abandon();
  }
}
