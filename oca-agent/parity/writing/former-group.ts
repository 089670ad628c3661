import type { GroupChange } from '#domain/parity/parity-group.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import {
  chunkBytesAt,
  type MemberRecord,
  type ParityRecord,
  type ParityShape,
} from '../groups/parity-record.ts';
import { openMember, openRow, type PieceFile, verifyChunk } from '../reading/piece-files.ts';
import type { ParityParts } from '../tasks/parity-parts.ts';

/** A file of the former group that is read to make the new rows. */
export interface FormerPiece {
  readonly column: number;
  readonly file: PieceFile;
  readonly chunkHashes: readonly string[];
}

/**
 * The group that a new one is made from, where that costs less than to read all members: its rows, and the members that
 * leave. What leaves is taken out of the rows and what comes is put in, for both are the same sum.
 *
 *     new row = old row ⊕ coefficient · (bytes that leave) ⊕ coefficient · (bytes that come)
 */
export class FormerGroup {
  readonly leaving: readonly FormerPiece[];
  readonly #rows: readonly FormerPiece[];
  readonly #record: ParityRecord;

  private constructor(
    record: ParityRecord,
    rows: readonly FormerPiece[],
    leaving: readonly FormerPiece[],
  ) {
    this.#record = record;
    this.#rows = rows;
    this.leaving = leaving;
  }

  /** Undefined when there is none to start from, a part of it cannot be read, or it would cost more. */
  static async open(
    parts: ParityParts,
    change: GroupChange,
    shape: ParityShape,
  ): Promise<FormerGroup | undefined> {
    const group = change.replaces
      .map((groupId) => parts.groups.table.find(groupId))
      .find((known) => known !== undefined);
    if (group === undefined) return undefined;
    const opened: PieceFile[] = [];
    try {
      const record = await parts.records.read(parts.groups.table.groupIdAt(group));
      const leaving = leavingMembers(record, change);
      if (!isSameShape(record, shape) || !isWorthwhile(record, leaving, change)) return undefined;
      const rows = await openRows(parts, group, record, opened);
      const files = await openLeaving(parts, group, leaving, opened);
      return new FormerGroup(record, rows, files);
    } catch {
      for (const file of opened) await file.close();
      return undefined;
    }
  }

  /** The members that stay, by column: they need not be read. */
  staying(column: number): MemberRecord | undefined {
    const isLeaving = this.leaving.some((piece) => piece.column === column);
    return isLeaving ? undefined : this.#record.members.find((one) => one.column === column);
  }

  get pieces(): readonly FormerPiece[] {
    return [...this.#rows, ...this.leaving];
  }

  /** Reads chunk `index` of its rows into the front of as many buffers, and zeros behind. */
  async readRows(index: number, buffers: readonly Uint8Array[]): Promise<void> {
    await Promise.all(
      this.#rows.map(async ({ file, chunkHashes }, row) => {
        const buffer = buffers[row] as Uint8Array;
        const chunk = await file.readChunk(index, buffer);
        verifyChunk(chunk, chunkHashes[index]);
        buffer.fill(0, chunkBytesAt(this.#record.lengthBytes, index));
      }),
    );
  }

  async close(): Promise<void> {
    for (const { file } of this.pieces) await file.close();
  }
}

const leavingMembers = (record: ParityRecord, change: GroupChange): MemberRecord[] =>
  record.members.filter(({ column, assetId }) => change.columns[column]?.assetId !== assetId);

/** By bytes read: the rows and all that changes, against all members. */
function isWorthwhile(
  record: ParityRecord,
  leaving: readonly MemberRecord[],
  { columns, lengthBytes }: GroupChange,
): boolean {
  const isKept = (column: number) =>
    record.members.some((one) => one.column === column && !leaving.includes(one));
  const sizes = columns.map((one) => one?.sizeBytes ?? 0);
  const coming = sizes.filter((_, column) => !isKept(column));
  const former = record.parityFiles * record.lengthBytes + sum(leaving.map((one) => one.sizeBytes));
  return lengthBytes > 0 && former + sum(coming) < sum(sizes);
}

async function openRows(
  parts: ParityParts,
  group: GroupNumber,
  { groupId, lengthBytes }: ParityRecord,
  opened: PieceFile[],
): Promise<FormerPiece[]> {
  const rows: FormerPiece[] = [];
  for (const [row, diskId] of parts.groups.rowDisks(group).entries()) {
    const record = await parts.records.readRow(groupId, row);
    if (!record) throw new Error(`row ${row} cannot be read`);
    const file = await openRow(parts.volumes, { diskId, groupId, row }, lengthBytes);
    opened.push(file);
    rows.push({ column: row, file, chunkHashes: record.rowChunkHashes });
  }
  return rows;
}

async function openLeaving(
  parts: ParityParts,
  group: GroupNumber,
  leaving: readonly MemberRecord[],
  opened: PieceFile[],
): Promise<FormerPiece[]> {
  const pieces: FormerPiece[] = [];
  for (const { column, assetId, chunkHashes } of leaving) {
    const member = parts.groups.memberAt(group, column);
    if (member?.assetId !== assetId) throw new Error(`column ${column} is another asset`);
    const file = await openMember(parts.volumes, member);
    opened.push(file);
    pieces.push({ column, file, chunkHashes });
  }
  return pieces;
}

const isSameShape = (one: ParityShape, other: ParityShape): boolean =>
  one.dataFiles === other.dataFiles && one.parityFiles === other.parityFiles;

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
