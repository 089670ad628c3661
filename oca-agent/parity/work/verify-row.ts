import { errorCodeOf } from '#domain/errors.ts';
import type { DiskId, ParityGroupId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import { CHUNK_BYTES } from '../../store/chunk-hashes.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { chunkBytesAt, chunkCountOf, parityNameOf } from '../groups/parity-record.ts';
import { openRow, verifyChunk } from '../reading/piece-files.ts';
import type { ParityParts } from './parity-parts.ts';

/** One parity file: `<groupId>.<row>` on a disk. */
export interface ParityRow {
  readonly groupId: ParityGroupId;
  readonly row: number;
  readonly diskId: DiskId;
  readonly sizeBytes: Bytes;
}

/** `rotten`: it was removed, and is written anew in the background. `gone`: not there any more, or not to be read now. */
export type RowVerdict = 'sound' | 'rotten' | 'gone';

/** The parity files on a disk. */
export function* rowsOfDisk(groups: ParityGroups, diskId: DiskId): Iterable<ParityRow> {
  const { table } = groups;
  for (const group of table.numbers())
    for (const [row, rowDisk] of groups.rowDisks(group).entries())
      if (rowDisk === diskId)
        yield {
          groupId: table.groupIdAt(group),
          row,
          diskId,
          sizeBytes: table.lengthBytesAt(group),
        };
}

/** Reads a parity file whole and compares its chunks with their hashes. */
export async function verifyRow(
  parts: ParityParts,
  { groupId, row, diskId }: ParityRow,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
): Promise<RowVerdict> {
  const group = parts.groups.table.find(groupId);
  if (group === undefined || parts.groups.rowDisks(group)[row] !== diskId) return 'gone';
  try {
    await readAll(parts, { group, row, diskId }, { pace, signal });
    return signal.aborted ? 'gone' : 'sound';
  } catch (error) {
    if (errorCodeOf(error) !== 'digest-mismatch') return 'gone';
    await loseRow(parts, group, row);
    return 'rotten';
  }
}

/** A row that is not what it should be goes, and counts as lost: it is written anew. */
export async function loseRow(parts: ParityParts, group: GroupNumber, row: number): Promise<void> {
  const { groups, catalogue, records, volumes } = parts;
  const groupId = groups.table.groupIdAt(group);
  const diskId = groups.rowDisks(group)[row];
  if (diskId === undefined) return;
  groups.setRow(group, row, undefined);
  catalogue.setRows(groupId, groups.rowDisks(group));
  records.forget(groupId);
  await volumes
    .get(diskId)
    ?.removeParity(parityNameOf(groupId, row))
    .catch(() => undefined);
}

interface RowPlace {
  readonly group: GroupNumber;
  readonly row: number;
  readonly diskId: DiskId;
}

async function readAll(
  parts: ParityParts,
  { group, row, diskId }: RowPlace,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
): Promise<void> {
  const groupId = parts.groups.table.groupIdAt(group);
  const lengthBytes = parts.groups.table.lengthBytesAt(group);
  parts.records.forget(groupId);
  const record = await parts.records.readRow(group, row);
  const file = await openRow(parts.volumes, { diskId, groupId, row }, lengthBytes);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (let index = 0; index < chunkCountOf(lengthBytes) && !signal.aborted; index += 1) {
      await pace(diskId, chunkBytesAt(lengthBytes, index), signal);
      verifyChunk(await file.readChunk(index, buffer), record?.rowChunkHashes[index]);
    }
  } finally {
    await file.close();
  }
}
