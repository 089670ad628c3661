import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { DiskId, ParityGroupId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import { CHUNK_BYTES } from '../../store/chunk-hashes.ts';
import { speaksOfDisk } from '../../store/speaks-of-disk.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { chunkBytesAt, chunkCountOf } from '../groups/parity-record.ts';
import { openRow, verifyChunk } from '../reading/piece-files.ts';
import type { ParityParts } from './parity-parts.ts';

/** One parity file: `<groupId>.<row>` on a disk. */
export interface ParityRow {
  readonly groupId: ParityGroupId;
  readonly row: number;
  readonly diskId: DiskId;
  readonly sizeBytes: Bytes;
}

/** `rotten`: it is written anew in the background. `gone`: not there any more, or the work was ended. */
export type RowVerdict = 'sound' | 'rotten' | 'gone';

/** The parity files on a disk. The groups may change meanwhile. */
export function* rowsOfDisk({ table }: ParityGroups, diskId: DiskId): Iterable<ParityRow> {
  for (const group of table.numbers()) {
    const { dataFiles } = table.shapeAt(group);
    for (let piece = dataFiles; piece < table.pieceCountAt(group); piece += 1)
      if (table.diskAt(group, piece) === diskId && table.stateAt(group, piece) === 'present')
        yield {
          groupId: table.groupIdAt(group),
          row: piece - dataFiles,
          diskId,
          sizeBytes: table.lengthBytesAt(group),
        };
  }
}

/**
 * Reads a parity file whole and compares its chunks with their hashes. @throws what {@link speaksOfDisk}: nothing can be said of
 * it now.
 */
export async function verifyRow(
  parts: ParityParts,
  place: ParityRow,
  options: { readonly pace: Pace; readonly signal: AbortSignal },
): Promise<RowVerdict> {
  const { groupId, row, diskId } = place;
  if (!isThere(parts, place)) return 'gone';
  try {
    await readAll(parts, place, options);
    return options.signal.aborted ? 'gone' : 'sound';
  } catch (error) {
    // While it was read, its group may have been written anew.
    if (!isThere(parts, place)) return 'gone';
    const isItsFault =
      errorCodeOf(error) === 'digest-mismatch' || !speaksOfDisk(parts.volumes.get(diskId), error);
    if (!isItsFault) throw error;
    const group = parts.groups.table.find(groupId) ?? 0;
    parts.rot.note(groupId, parts.groups.table.shapeAt(group).dataFiles + row);
    return 'rotten';
  }
}

function isThere({ groups }: ParityParts, { groupId, row, diskId }: ParityRow): boolean {
  const group = groups.table.find(groupId);
  return group !== undefined && groups.rowDisks(group)[row] === diskId;
}

async function readAll(
  parts: ParityParts,
  { groupId, row, diskId, sizeBytes }: ParityRow,
  { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
): Promise<void> {
  const chunkHashes = (await parts.records.readRowAnew(groupId, row))?.rowChunkHashes;
  if (!chunkHashes) throw new CdnError('digest-mismatch', 'the sidecar of a row is not sound');
  const file = await openRow(parts.volumes, { diskId, groupId, row }, sizeBytes);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (let index = 0; index < chunkCountOf(sizeBytes) && !signal.aborted; index += 1) {
      await pace(diskId, chunkBytesAt(sizeBytes, index), signal);
      verifyChunk(await file.readChunk(index, buffer), chunkHashes[index]);
    }
  } finally {
    await file.close();
  }
}
