import type { DiskId } from '#domain/ids.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import { chunkBytesAt, chunkCountOf, type ParityRecord } from '../groups/parity-record.ts';
import type { ParityParts } from './parity-parts.ts';
import { RowFiles, type RowPlace } from './row-files.ts';

export interface RowTask {
  readonly group: GroupNumber;
  /** The rows to be written, and where. */
  readonly places: readonly RowPlace[];
  readonly pace: Pace;
}

/** Writes rows of a group anew that were lost, each told from any k pieces that are left. */
export class RowRewriting {
  readonly #parts: ParityParts;
  readonly #task: RowTask;
  readonly #record: ParityRecord;
  readonly #files: RowFiles;
  #nextChunk = 0;

  private constructor(parts: ParityParts, task: RowTask, record: ParityRecord, files: RowFiles) {
    this.#parts = parts;
    this.#task = task;
    this.#record = record;
    this.#files = files;
  }

  /** @throws CdnError `asset-not-stored` when no row is left to tell of the group; `disk-failed`, `disk-full`. */
  static async begin(parts: ParityParts, task: RowTask): Promise<RowRewriting> {
    const record = await parts.records.read(task.group);
    const files = await RowFiles.create(parts, task.places, record.lengthBytes);
    return new RowRewriting(parts, task, record, files);
  }

  get hasMore(): boolean {
    return this.#nextChunk < chunkCountOf(this.#record.lengthBytes);
  }

  async writeChunk(signal: AbortSignal): Promise<void> {
    const { group, places, pace } = this.#task;
    const index = this.#nextChunk;
    const chunkBytes = chunkBytesAt(this.#record.lengthBytes, index);
    const disks = new Set<DiskId>([...sourceDisks(this.#parts, group), ...this.#files.diskIds]);
    await Promise.all([...disks].map((diskId) => pace(diskId, chunkBytes, signal)));
    if (signal.aborted) return;
    const rows = places.map(({ row }) => row);
    const told = await this.#parts.teller.tellRows(group, rows, index);
    const chunks = rows.map((row) => told.get(this.#record.dataFiles + row) as Uint8Array);
    await this.#files.write(index, chunks);
    this.#nextChunk += 1;
  }

  async commit(): Promise<void> {
    const { groups, catalogue, records } = this.#parts;
    const { group, places } = this.#task;
    const { row: _row, rowChunkHashes: _hashes, ...record } = this.#record;
    await this.#files.publish(record);
    if (groups.table.find(record.groupId) === group) {
      for (const { row, diskId } of places) groups.setRow(group, row, diskId);
      catalogue.setRows(record.groupId, groups.rowDisks(group));
      records.forget(record.groupId);
    }
    await this.abandon();
  }

  abandon(): Promise<void> {
    return this.#files.abandon();
  }
}

const sourceDisks = ({ groups }: ParityParts, group: GroupNumber): DiskId[] =>
  [...groups.members(group).map(({ diskId }) => diskId), ...groups.rowDisks(group)].flatMap(
    (diskId) => diskId ?? [],
  );
