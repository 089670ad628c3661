import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { isDiskId } from '#domain/ids.ts';
import {
  branded,
  type Decoder,
  decodeJson,
  integer,
  list,
  literal,
  object,
  text,
  truth,
} from '#protocol/decode.ts';
import { tier } from '#protocol/fields.ts';
import type { FileSystem, OpenFile } from '../../platform/file-system.ts';
import type { AssetTable } from '../table/asset-table.ts';
import type { InternedText } from '../table/interned-texts.ts';
import { SEGMENT_BYTES } from '../table/name-records.ts';
import type { RowHash } from '../table/row-hash.ts';
import type { Rows } from '../table/rows.ts';

/**
 * The rows of the table in one file, for a fast start:
 *
 *     assets' rows │ names' rows │ records │ assets' hash │ names' hash │
 *     footer, JSON │ length of the footer (4) │ CRC-32 of the footer (4)
 *
 * Rows change while they are written. What changed is listed in the database from `beginSequence` on, and is read from
 * there; before the file gets its name the database says nothing else than the file, which is `endSequence`. The
 * hashes are of use only where nothing changed.
 */
export interface SnapshotStamp {
  readonly databaseId: string;
  readonly beginSequence: number;
  readonly endSequence: number;
  /** Records that the plan alone uses: the uses that are told count them. */
  readonly recordsApart: number;
  /** The database does not know some rows that are here. What it knows says the same. */
  readonly isDatabaseBehind: boolean;
}

type Section = { readonly sizeBytes: number; readonly crc: number };

const internedText = object({ text: text(), uses: integer() });
const interned: Decoder<InternedText | null> = (value, at) =>
  value === null ? null : internedText(value, at);
const section = object({ sizeBytes: integer(), crc: integer() });
const hashSection = object({ sizeBytes: integer(), crc: integer(), count: integer() });
const footer = object({
  version: literal(4),
  /** Words stand as this machine reads them. */
  byteOrder: literal(byteOrder()),
  databaseId: text(),
  beginSequence: integer(),
  endSequence: integer(),
  isDatabaseBehind: truth,
  places: list(object({ diskId: branded(isDiskId, 'a disk id'), tier })),
  titles: list(interned, { lengthMax: 2 ** 31 }),
  files: list(interned),
  contentTypes: list(interned),
  assets: section,
  names: section,
  records: section,
  liveRecordBytes: integer(),
  recordsApart: integer(),
  assetHash: hashSection,
  nameHash: hashSection,
});
type Footer = ReturnType<typeof footer>;

const TAIL_BYTES = 8;
const SLICE_BYTES = 1024 * 1024;
const READ_BYTES = 8 * 1024 * 1024;
/** Room for rows to come before the first copy. */
const SPARE_SHARE = 1 / 64;

/** Writes the snapshot in slices. `settle` writes to the database what has changed. */
export async function writeSnapshot(
  files: FileSystem,
  path: string,
  table: AssetTable,
  stamp: Pick<SnapshotStamp, 'databaseId' | 'beginSequence'> & {
    readonly settle: () => Pick<SnapshotStamp, 'endSequence' | 'isDatabaseBehind'>;
  },
): Promise<void> {
  const unfinished = `${path}.new`;
  await files.remove(unfinished);
  const file = await files.create(unfinished);
  try {
    const { assets, names, places } = table;
    const writer = new SliceWriter(file);
    const sections = {
      assets: await writer.section(rowBytes(assets.rows), () => bytesOf(assets.rows)),
      names: await writer.section(rowBytes(names.rows), () => bytesOf(names.rows)),
      records: await writer.segments(names.records),
      assetHash: await writer.hash(assets.hash),
      nameHash: await writer.hash(names.hash),
    };
    const { settle, ...began } = stamp;
    const facts: Footer = {
      version: 4,
      byteOrder: byteOrder(),
      ...began,
      ...settle(),
      places: [...places],
      titles: names.titles.list(),
      files: names.files.list(),
      contentTypes: names.contentTypes.list(),
      liveRecordBytes: names.records.liveBytes,
      recordsApart: names.recordsApart,
      ...sections,
    };
    await writer.footer(Buffer.from(JSON.stringify(facts)));
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(unfinished, path);
  await files.syncFolder(dirname(path));
}

/** Reads a snapshot into an empty table. Undefined, and the table is to be thrown away, when it is not whole. */
export async function readSnapshot(
  files: FileSystem,
  path: string,
  table: AssetTable,
): Promise<SnapshotStamp | undefined> {
  if (!(await files.stat(path))) return undefined;
  const file = await files.open(path);
  try {
    const facts = await readFooter(file);
    if (!facts) return undefined;
    return (await readSections(file, facts, table)) ? facts : undefined;
  } finally {
    await file.close();
  }
}

async function readFooter(file: OpenFile): Promise<Footer | undefined> {
  const sizeBytes = await file.sizeBytes();
  if (sizeBytes < TAIL_BYTES) return undefined;
  const tail = Buffer.alloc(TAIL_BYTES);
  await readWhole(file, tail, sizeBytes - TAIL_BYTES);
  const length = tail.readUInt32LE(0);
  if (length > sizeBytes - TAIL_BYTES) return undefined;
  const content = Buffer.alloc(length);
  await readWhole(file, content, sizeBytes - TAIL_BYTES - length);
  if (crc32(content) !== tail.readUInt32LE(4)) return undefined;
  const decoded = decodeJson(footer, content.toString());
  return decoded.ok ? decoded.value : undefined;
}

async function readSections(file: OpenFile, facts: Footer, table: AssetTable): Promise<boolean> {
  const { assets, names, places } = table;
  const buckets = [facts.assetHash, facts.nameHash].map(
    ({ sizeBytes }) => new Int32Array(sizeBytes / 4),
  );
  const [assetBuckets = new Int32Array(), nameBuckets = new Int32Array()] = buckets;
  const sections: [Section, Uint8Array[]][] = [
    [facts.assets, roomForRows(assets.rows, facts.assets.sizeBytes)],
    [facts.names, roomForRows(names.rows, facts.names.sizeBytes)],
    [facts.records, names.records.roomFor(facts.records.sizeBytes)],
    [facts.assetHash, [new Uint8Array(assetBuckets.buffer)]],
    [facts.nameHash, [new Uint8Array(nameBuckets.buffer)]],
  ];
  let position = 0;
  for (const [{ crc }, targets] of sections) {
    let found = 0;
    for (const target of targets) {
      found = await readWhole(file, target, position, found);
      position += target.length;
    }
    if (found !== crc) return false;
  }
  assets.hash.restore(assetBuckets, facts.assetHash.count);
  names.hash.restore(nameBuckets, facts.nameHash.count);
  assets.renewViews();
  names.renewViews();
  places.push(...facts.places);
  names.records.liveBytes = facts.liveRecordBytes;
  names.titles.restore(facts.titles);
  names.files.restore(facts.files);
  names.contentTypes.restore(facts.contentTypes);
  return true;
}

/** Where rows of so many bytes go. */
function roomForRows(rows: Rows, sizeBytes: number): Uint8Array[] {
  const wordCount = sizeBytes / 4;
  const count = Math.floor(wordCount / rows.wordsPerRow);
  rows.reserve(Math.ceil(count * (1 + SPARE_SHARE)));
  rows.extend(count);
  return [new Uint8Array(rows.words.buffer, 0, count * rows.wordsPerRow * 4)];
}

/** Reads on into `target`; returns the checksum of what came before and of this. What is missing stays zero. */
async function readWhole(
  file: OpenFile,
  target: Uint8Array,
  position: number,
  crc = 0,
): Promise<number> {
  const read = (first: number): Promise<number> =>
    file.read(target.subarray(first, first + READ_BYTES), position + first);
  let found = crc;
  let first = 0;
  for (let reading = read(0); first < target.length; ) {
    const readBytes = await reading;
    if (readBytes === 0) return found;
    const part = target.subarray(first, first + readBytes);
    first += readBytes;
    // The next part comes while this one is looked at.
    if (first < target.length) reading = read(first);
    found = crc32(part, found);
  }
  return found;
}

/** Copies a slice, then writes the copy: the rows may change meanwhile. */
class SliceWriter {
  readonly #file: OpenFile;
  readonly #slice = Buffer.allocUnsafeSlow(SLICE_BYTES);
  #position = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** `bytes`: where they are now; they may have moved when the next slice is due. */
  async section(sizeBytes: number, bytes: () => Uint8Array, before = 0): Promise<Section> {
    let crc = before;
    for (let first = 0; first < sizeBytes; first += SLICE_BYTES) {
      const slice = this.#slice.subarray(0, Math.min(SLICE_BYTES, sizeBytes - first));
      slice.set(bytes().subarray(first, first + slice.length));
      crc = crc32(slice, crc);
      await this.#file.write(slice, this.#position);
      this.#position += slice.length;
    }
    return { sizeBytes, crc };
  }

  /** Once there is another, because rows have come, this one is of no use. */
  async hash({ buckets, count }: RowHash): Promise<Section & { readonly count: number }> {
    const bytes = new Uint8Array(buckets.buffer);
    return { ...(await this.section(buckets.byteLength, () => bytes)), count };
  }

  async segments(records: { readonly segments: readonly Buffer[]; readonly usedBytes: number }) {
    const sizeBytes = records.usedBytes;
    let crc = 0;
    for (let first = 0; first < sizeBytes; first += SEGMENT_BYTES) {
      const segment = records.segments[first / SEGMENT_BYTES] as Buffer;
      const lengthBytes = Math.min(SEGMENT_BYTES, sizeBytes - first);
      crc = (await this.section(lengthBytes, () => segment, crc)).crc;
    }
    return { sizeBytes, crc };
  }

  async footer(content: Buffer): Promise<void> {
    const tail = Buffer.alloc(TAIL_BYTES);
    tail.writeUInt32LE(content.length, 0);
    tail.writeUInt32LE(crc32(content), 4);
    await this.#file.write(Buffer.concat([content, tail]), this.#position);
  }
}

const rowBytes = (rows: Rows): number => rows.count * rows.wordsPerRow * 4;
const bytesOf = (rows: Rows): Uint8Array => new Uint8Array(rows.words.buffer);

function byteOrder(): 'little' | 'big' {
  return new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 'little' : 'big';
}
