import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { ParityGroupId } from '#domain/ids.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { type ParityRecord, parityNameOf, parseParityRecord } from '../groups/parity-record.ts';
import type { Volumes } from './piece-files.ts';

/** A group of ten 8 GB files has a record of 4 MB. */
const RECORDS_MAX = 16;

/**
 * Reads the records beside parity files, and keeps the last few. Groups are named by their ids here: a group's number may be
 * another group's when a read has come back.
 */
export class RecordReader {
  readonly #groups: ParityGroups;
  readonly #volumes: Volumes;
  /** By `<groupId>.<row>`. */
  readonly #records = new Map<string, ParityRecord>();

  constructor(groups: ParityGroups, volumes: Volumes) {
    this.#groups = groups;
    this.#volumes = volumes;
  }

  /**
   * What any row of the group tells of its members. @throws CdnError `asset-not-stored` when no row can be read;
   * `disk-busy` when one may be soon.
   */
  async read(groupId: ParityGroupId): Promise<ParityRecord> {
    let busy: unknown;
    for (const row of this.#rowDisks(groupId).keys()) {
      const record = await this.readRow(groupId, row).catch((error) => {
        if (errorCodeOf(error) === 'disk-busy') busy = error;
        return undefined;
      });
      if (record) return record;
    }
    if (busy) throw busy;
    throw new CdnError('asset-not-stored', `parity group ${groupId} has no row that can be read`);
  }

  /** The record of one row; undefined when it is lost or its sidecar is not sound. */
  async readRow(groupId: ParityGroupId, row: number): Promise<ParityRecord | undefined> {
    if (this.#rowDisks(groupId)[row] === undefined) return undefined;
    const name = parityNameOf(groupId, row);
    const record = this.#records.get(name) ?? (await this.readRowAnew(groupId, row));
    if (record) this.#keep(name, record);
    return record;
  }

  /** The same, from the disk. It is not kept. */
  async readRowAnew(groupId: ParityGroupId, row: number): Promise<ParityRecord | undefined> {
    const diskId = this.#rowDisks(groupId)[row];
    const volume = diskId === undefined ? undefined : this.#volumes.get(diskId);
    const record = parseParityRecord(await volume?.readParitySidecar(parityNameOf(groupId, row)));
    return record?.groupId === groupId && record.row === row ? record : undefined;
  }

  /** Rows have gone or are written anew. */
  forget(groupId: ParityGroupId): void {
    for (const name of this.#records.keys())
      if (name.startsWith(groupId)) this.#records.delete(name);
  }

  #rowDisks(groupId: ParityGroupId) {
    const group = this.#groups.table.find(groupId);
    return group === undefined ? [] : this.#groups.rowDisks(group);
  }

  #keep(name: string, record: ParityRecord): void {
    this.#records.delete(name);
    this.#records.set(name, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > RECORDS_MAX && oldest !== undefined) this.#records.delete(oldest);
  }
}
