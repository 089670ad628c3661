import type { ParityGroupId } from '#domain/ids.ts';
import { chunkHashOf } from '../../store/chunk-hashes.ts';
import { type CataloguedGroup, cataloguedOf } from '../groups/group-catalogue.ts';
import type { RecordReader } from './record-reader.ts';

/** A group as far as telling a member's chunks needs it. */
export type GroupOutline = Omit<CataloguedGroup, 'rows'>;

/** What is needed to tell the chunks of one member, and to verify what was told: a fiftieth of the group's record. */
export interface MemberOutline {
  readonly group: GroupOutline;
  readonly sizeBytes: number;
  /** What was told is chunk `index` of the member; a chunk without a byte needs no hash. */
  isChunk(index: number, told: Uint8Array): boolean;
}

/** SHA-256. */
const HASH_BYTES = 32;
/** 96 kB for a film of 3 GB: some three hundred of those that are read at a time. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;

/** Outlines of members that are read from parity. A group's record is megabytes of JSON: it is not parsed for each chunk. */
export class MemberOutlines {
  readonly #records: RecordReader;
  /** By `<groupId> <column>`: the least recently used first. */
  readonly #kept = new Map<string, KeptOutline>();
  #keptBytes = 0;

  constructor(records: RecordReader) {
    this.#records = records;
  }

  /** @throws CdnError `asset-not-stored` when no row can be read, or the group has no such member; `disk-busy`. */
  async read(groupId: ParityGroupId, column: number): Promise<MemberOutline | undefined> {
    const key = `${groupId} ${column}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const record = await this.#records.read(groupId);
    const member = record.members.find((one) => one.column === column);
    if (!member) return undefined;
    const { rows: _, ...group } = cataloguedOf(record, []);
    const outline = new KeptOutline(group, member.sizeBytes, member.chunkHashes);
    this.#keep(key, outline);
    return outline;
  }

  #keep(key: string, outline: KeptOutline): void {
    this.#forget(key);
    this.#kept.set(key, outline);
    this.#keptBytes += outline.hashes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= KEPT_BYTES_MAX) return;
      this.#forget(oldest);
    }
  }
  #forget(key: string): void {
    this.#keptBytes -= this.#kept.get(key)?.hashes.length ?? 0;
    this.#kept.delete(key);
  }
}

class KeptOutline implements MemberOutline {
  readonly group: GroupOutline;
  readonly sizeBytes: number;
  readonly hashes: Buffer;

  constructor(group: GroupOutline, sizeBytes: number, chunkHashes: readonly string[]) {
    this.group = group;
    this.sizeBytes = sizeBytes;
    this.hashes = Buffer.concat(chunkHashes.map((hash) => Buffer.from(hash, 'base64')));
  }

  isChunk(index: number, told: Uint8Array): boolean {
    if (told.length === 0) return true;
    const expected = this.hashes.toString('base64', index * HASH_BYTES, (index + 1) * HASH_BYTES);
    return chunkHashOf(told) === expected;
  }
}
