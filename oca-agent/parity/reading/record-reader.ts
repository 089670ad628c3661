import { CdnError } from '#domain/errors.ts';
import type { ParityGroupId } from '#domain/ids.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { type ParityRecord, parityNameOf, parseParityRecord } from '../groups/parity-record.ts';
import type { Volumes } from './piece-files.ts';

/** A group of ten 8 GB files has a record of 4 MB. */
const RECORDS_MAX = 16;

/** Reads the records beside parity files, and keeps the last few. */
export class RecordReader {
  readonly #groups: ParityGroups;
  readonly #volumes: Volumes;
  /** By `<groupId>.<row>`. */
  readonly #records = new Map<string, ParityRecord>();

  constructor(groups: ParityGroups, volumes: Volumes) {
    this.#groups = groups;
    this.#volumes = volumes;
  }

  /** What any row of the group tells of its members. @throws CdnError `asset-not-stored` when no row can be read. */
  async read(group: GroupNumber): Promise<ParityRecord> {
    const groupId = this.#groups.table.groupIdAt(group);
    for (const row of this.#groups.rowDisks(group).keys()) {
      const record = await this.readRow(group, row).catch(() => undefined);
      if (record) return record;
    }
    throw new CdnError('asset-not-stored', `parity group ${groupId} has no row that can be read`);
  }

  /** The record of one row; undefined when it is lost or its sidecar is not sound. */
  async readRow(group: GroupNumber, row: number): Promise<ParityRecord | undefined> {
    const groupId = this.#groups.table.groupIdAt(group);
    const diskId = this.#groups.rowDisks(group)[row];
    const volume = diskId === undefined ? undefined : this.#volumes.get(diskId);
    if (!volume) return undefined;
    const name = parityNameOf(groupId, row);
    const known = this.#records.get(name);
    const record = known ?? parseParityRecord(await volume.readParitySidecar(name));
    if (record?.groupId !== groupId || record.row !== row) return undefined;
    this.#keep(name, record);
    return record;
  }

  /** Rows have gone or are written anew. */
  forget(groupId: ParityGroupId): void {
    for (const name of this.#records.keys())
      if (name.startsWith(groupId)) this.#records.delete(name);
  }

  #keep(name: string, record: ParityRecord): void {
    this.#records.delete(name);
    this.#records.set(name, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > RECORDS_MAX && oldest !== undefined) this.#records.delete(oldest);
  }
}
