import type { EpochMs } from '#domain/units.ts';
import { decodeEtag, encodeEtag, etagLength } from './etag-bytes.ts';

/** What a name is told with; texts that repeat are given by their number. */
export interface NameFacts {
  readonly file: string;
  readonly etag: string;
  readonly contentType: number;
  readonly fetchedAt: EpochMs;
}

/**
 * The parts of names that differ in length, one record each:
 *
 *     0  length of the file (2)   2  content type (2)   4  fetched at, ms (6)   10  the file, in ASCII   then the ETag
 *
 * Records lie in segments of 4 MiB, none across two, at multiples of 4 bytes. The room of a record that is free is given
 * to the next of its length.
 */
const FILE_LENGTH = 0;
const CONTENT_TYPE = 2;
const FETCHED_AT = 4;
const FILE = 10;
const ETAG_BYTES_MIN = 2;
const INSTANT_BYTES = 6;

const GRAIN_BYTES = 4;
const SEGMENT_BITS = 20;
const SEGMENT_GRAINS = 2 ** SEGMENT_BITS;
export const SEGMENT_BYTES = SEGMENT_GRAINS * GRAIN_BYTES;
/** Each char is weighed into a hash of 32 bits. Source: FNV-1a, draft-eastlake-fnv-21. */
const FNV_PRIME = 0x01000193;

/** Numbers records from 1: 0 is none. */
export class NameRecords {
  segments: Buffer[] = [];
  /** Where the next record goes in the last segment. */
  #usedGrains = SEGMENT_GRAINS;
  /** Bytes of records that are in use. */
  liveBytes = 0;
  /** Free records by their length in grains. */
  readonly #free: number[][] = [];

  get sizeBytes(): number {
    return this.segments.length * SEGMENT_BYTES;
  }

  write({ file, etag, contentType, fetchedAt }: NameFacts): number {
    const etagBytes = encodeEtag(etag);
    const grains = Math.ceil((FILE + file.length + etagBytes.length) / GRAIN_BYTES);
    const record = this.#free[grains]?.pop() ?? this.#place(grains);
    const segment = this.#segment(record);
    const at = this.#at(record);
    segment.writeUInt16LE(file.length, at + FILE_LENGTH);
    segment.writeUInt16LE(contentType, at + CONTENT_TYPE);
    segment.writeUIntLE(fetchedAt, at + FETCHED_AT, INSTANT_BYTES);
    segment.write(file, at + FILE, 'latin1');
    etagBytes.copy(segment, at + FILE + file.length);
    this.liveBytes += grains * GRAIN_BYTES;
    return record;
  }

  free(record: number): void {
    const grains = this.grainsOf(record);
    const free = this.#free[grains];
    if (free) free.push(record);
    else this.#free[grains] = [record];
    this.liveBytes -= grains * GRAIN_BYTES;
  }

  file(record: number): string {
    const first = this.#at(record) + FILE;
    return this.#segment(record).toString('latin1', first, first + this.#fileLength(record));
  }
  isFile(record: number, file: string): boolean {
    const segment = this.#segment(record);
    const at = this.#at(record);
    const length = (segment[at] as number) + 256 * (segment[at + 1] as number);
    if (length !== file.length) return false;
    for (let index = 0; index < length; index += 1)
      if (segment[at + FILE + index] !== file.charCodeAt(index)) return false;
    return true;
  }
  etag(record: number): string {
    return decodeEtag(this.#segment(record), this.#etagAt(record));
  }
  contentType(record: number): number {
    const at = this.#at(record) + CONTENT_TYPE;
    const segment = this.#segment(record);
    return (segment[at] as number) + 256 * (segment[at + 1] as number);
  }
  fetchedAt(record: number): EpochMs {
    const at = this.#at(record) + FETCHED_AT;
    const segment = this.#segment(record);
    const byte = (index: number) => segment[at + index] as number;
    const low = byte(0) + byte(1) * 2 ** 8 + byte(2) * 2 ** 16 + byte(3) * 2 ** 24;
    return (low + byte(4) * 2 ** 32 + byte(5) * 2 ** 40) as EpochMs;
  }
  setFetchedAt(record: number, fetchedAt: EpochMs): void {
    const at = this.#at(record) + FETCHED_AT;
    this.#segment(record).writeUIntLE(fetchedAt, at, INSTANT_BYTES);
  }

  /** Bytes up to where the next record goes. */
  get usedBytes(): number {
    return this.segments.length * SEGMENT_BYTES - (SEGMENT_GRAINS - this.#usedGrains) * GRAIN_BYTES;
  }
  /** Makes an empty table one of so many used bytes, and returns the places where they go. */
  roomFor(usedBytes: number): Uint8Array[] {
    const count = Math.ceil(usedBytes / SEGMENT_BYTES);
    this.segments = Array.from({ length: count }, () => Buffer.alloc(SEGMENT_BYTES));
    const lastBytes = usedBytes - (count - 1) * SEGMENT_BYTES;
    if (count > 0) this.#usedGrains = Math.ceil(lastBytes / GRAIN_BYTES);
    return this.segments.map((segment, index) =>
      index === count - 1 ? segment.subarray(0, lastBytes) : segment,
    );
  }
  /** Copies a record of another table. */
  copy(from: NameRecords, record: number): number {
    const grains = from.grainsOf(record);
    const copy = this.#place(grains);
    const first = from.#at(record);
    from
      .#segment(record)
      .copy(this.#segment(copy), this.#at(copy), first, first + grains * GRAIN_BYTES);
    this.liveBytes += grains * GRAIN_BYTES;
    return copy;
  }
  /** Whether a record of a restored table can be read without leaving its segment. */
  isWhole(record: number): boolean {
    const at = this.#at(record);
    const segment = record < 1 ? undefined : this.segments[(record - 1) >>> SEGMENT_BITS];
    if (!segment || at + FILE > SEGMENT_BYTES) return false;
    if (this.#etagAt(record) + ETAG_BYTES_MIN > SEGMENT_BYTES) return false;
    return at + this.grainsOf(record) * GRAIN_BYTES <= SEGMENT_BYTES;
  }
  grainsOf(record: number): number {
    const etagAt = this.#etagAt(record);
    const end = etagAt + etagLength(this.#segment(record), etagAt);
    return Math.ceil((end - this.#at(record)) / GRAIN_BYTES);
  }
  countLive(record: number): void {
    this.liveBytes += this.grainsOf(record) * GRAIN_BYTES;
  }

  #place(grains: number): number {
    if (this.#usedGrains + grains > SEGMENT_GRAINS) {
      this.segments.push(Buffer.alloc(SEGMENT_BYTES));
      this.#usedGrains = 0;
    }
    const record = (this.segments.length - 1) * SEGMENT_GRAINS + this.#usedGrains + 1;
    this.#usedGrains += grains;
    return record;
  }
  #segment(record: number): Buffer {
    return this.segments[(record - 1) >>> SEGMENT_BITS] as Buffer;
  }
  #at(record: number): number {
    return ((record - 1) & (SEGMENT_GRAINS - 1)) * GRAIN_BYTES;
  }
  #fileLength(record: number): number {
    return this.#segment(record).readUInt16LE(this.#at(record) + FILE_LENGTH);
  }
  #etagAt(record: number): number {
    return this.#at(record) + FILE + this.#fileLength(record);
  }
}

export function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash;
}
