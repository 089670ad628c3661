import { CdnError } from '#domain/errors.ts';
import type { DiskId, ParityGroupId } from '#domain/ids.ts';
import type { OpenFile } from '../../platform/file-system.ts';
import { CHUNK_BYTES, chunkHashOf } from '../../store/chunk-hashes.ts';
import type { Volume } from '../../store/volume.ts';
import type { Member } from '../groups/parity-groups.ts';
import { chunkBytesAt, parityNameOf } from '../groups/parity-record.ts';

export type Volumes = ReadonlyMap<DiskId, Volume>;

/** A piece of a group that is open to be read, chunk by chunk. */
export interface PieceFile {
  readonly diskId: DiskId;
  readonly sizeBytes: number;
  /**
   * Reads chunk `index` into the front of `buffer`; returns that front, empty beyond the end of the file.
   * @throws CdnError `disk-failed`, `disk-busy`; `digest-mismatch` when the file ends early.
   */
  readChunk(index: number, buffer: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a data file, where it is held or where its bytes wait. @throws CdnError `asset-not-stored` when it is lost. */
export async function openMember(volumes: Volumes, member: Member): Promise<PieceFile> {
  const { assetId, diskId, state, sizeBytes } = member;
  const volume = diskId === undefined ? undefined : volumes.get(diskId);
  if (!volume || diskId === undefined || state === 'lost')
    throw new CdnError('asset-not-stored', `asset ${assetId} is lost`);
  const open = () => volume.openAsset(assetId);
  // It is retired in two steps: held no longer, then in its other place.
  const file = await (state === 'retired' ? volume.openRetired(assetId).catch(open) : open());
  return pieceFile(volume, file, sizeBytes);
}

export async function openRow(
  volumes: Volumes,
  place: {
    readonly diskId: DiskId | undefined;
    readonly groupId: ParityGroupId;
    readonly row: number;
  },
  sizeBytes: number,
): Promise<PieceFile> {
  const volume = place.diskId === undefined ? undefined : volumes.get(place.diskId);
  if (!volume) throw new CdnError('asset-not-stored', `row ${place.row} is lost`);
  const file = await volume.openParity(parityNameOf(place.groupId, place.row));
  return pieceFile(volume, file, sizeBytes);
}

/** A chunk is what its hash says; one without a byte needs none. */
export const isChunk = (chunk: Uint8Array, expected: string | undefined): boolean =>
  chunk.length === 0 || chunkHashOf(chunk) === expected;

/** @throws CdnError `digest-mismatch` unless a chunk is what its hash says. */
export function verifyChunk(chunk: Uint8Array, expected: string | undefined): void {
  if (!isChunk(chunk, expected))
    throw new CdnError('digest-mismatch', 'a chunk does not match its SHA-256');
}

function pieceFile(volume: Volume, file: OpenFile, sizeBytes: number): PieceFile {
  return {
    diskId: volume.disk.diskId,
    sizeBytes,
    async readChunk(index, buffer) {
      const wanted = buffer.subarray(0, chunkBytesAt(sizeBytes, index));
      for (let filled = 0; filled < wanted.length; ) {
        const rest = wanted.subarray(filled);
        const position = index * CHUNK_BYTES + filled;
        const readBytes = await volume.run(() => file.read(rest, position));
        if (readBytes === 0) throw new CdnError('digest-mismatch', 'a file ends before its size');
        filled += readBytes;
      }
      return wanted;
    },
    close: () => file.close().catch(() => undefined),
  };
}
