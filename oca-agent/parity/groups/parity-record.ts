import { createHash } from 'node:crypto';
import { type AssetId, type DiskId, isParityGroupId, type ParityGroupId } from '#domain/ids.ts';
import type { Bytes } from '#domain/units.ts';
import { branded, decodeJson, integer, list, literal, object, text } from '#protocol/decode.ts';
import { assetId, diskId, etag, file, instant, sizeBytes, titleId } from '#protocol/fields.ts';
import type { AssetName } from '../../store/asset.ts';
import { CHUNK_BYTES } from '../../store/chunk-hashes.ts';

/** An asset as it was when its group was written. */
export interface MemberRecord {
  /** 0 to k − 1: which piece of the code it is. */
  readonly column: number;
  readonly assetId: AssetId;
  /** Where it lay then. It may have moved since: the group stands on its bytes, not on its place. */
  readonly diskId: DiskId;
  readonly sizeBytes: Bytes;
  readonly names: readonly AssetName[];
  /** Base64 of the SHA-256 of each chunk: what is told from parity is compared with them. */
  readonly chunkHashes: readonly string[];
}

/** What is written beside each parity file: all that is needed to use it when nothing else is left. */
export interface ParityRecord {
  readonly groupId: ParityGroupId;
  /** k and m. */
  readonly dataFiles: number;
  readonly parityFiles: number;
  /** 0 to m − 1: which row of the code the file is. */
  readonly row: number;
  /** Of every row: the size of the largest member. */
  readonly lengthBytes: Bytes;
  readonly members: readonly MemberRecord[];
  readonly rowChunkHashes: readonly string[];
}

export type ParityShape = Pick<ParityRecord, 'dataFiles' | 'parityFiles'>;

/** Base64 of 32 bytes. */
const chunkHash = text({ pattern: /^[A-Za-z0-9+/]{43}=$/ });
const parityGroupId = branded(isParityGroupId, 'a parity group id: 32 lower-case hex digits');
const record = object({
  version: literal(1),
  groupId: parityGroupId,
  dataFiles: integer({ min: 1, max: 64 }),
  parityFiles: integer({ min: 1, max: 8 }),
  row: integer({ min: 0, max: 7 }),
  lengthBytes: sizeBytes,
  members: list(
    object({
      column: integer({ min: 0, max: 63 }),
      assetId,
      diskId,
      sizeBytes,
      names: list(
        object({ titleId, file, etag, contentType: text({ lengthMax: 128 }), fetchedAt: instant }),
      ),
      chunkHashes: list(chunkHash),
    }),
  ),
  rowChunkHashes: list(chunkHash),
});

/**
 * The name of a group: the first 128 bits of the SHA-256 of what its rows are made of. The same members in the same
 * columns always give the same rows, wherever members and rows lie.
 */
export function groupIdOf(
  { dataFiles, parityFiles }: ParityShape,
  members: readonly Pick<MemberRecord, 'column' | 'assetId'>[],
): ParityGroupId {
  const hash = createHash('sha256').update(`distributary parity 1 ${dataFiles}+${parityFiles}\n`);
  const sorted = [...members].sort((one, other) => one.column - other.column);
  for (const member of sorted) hash.update(`${member.column} ${member.assetId}\n`);
  return hash.digest('hex').slice(0, 32) as ParityGroupId;
}

/** The name of a parity file on its disk. */
export const parityNameOf = (groupId: ParityGroupId, row: number): string => `${groupId}.${row}`;

/** What a parity file's name says; undefined for another name. */
export function parseParityName(
  name: string,
): { readonly groupId: ParityGroupId; readonly row: number } | undefined {
  const [groupId = '', row = '', ...more] = name.split('.');
  const isOurs = isParityGroupId(groupId) && /^[0-7]$/.test(row) && more.length === 0;
  return isOurs ? { groupId, row: Number(row) } : undefined;
}

export const formatParityRecord = (said: ParityRecord): string =>
  `${JSON.stringify({ version: 1, ...said })}\n`;

/** Undefined for what is no sidecar of ours, or contradicts itself. */
export function parseParityRecord(content: string | undefined): ParityRecord | undefined {
  const decoded = content === undefined ? undefined : decodeJson(record, content);
  if (!decoded?.ok) return undefined;
  const { version: _, ...said } = decoded.value;
  const { members, lengthBytes, dataFiles } = said;
  const columns = new Set(members.map(({ column }) => column));
  const isSound =
    columns.size === members.length &&
    members.every((member) => member.column < dataFiles && hasAllHashes(member)) &&
    lengthBytes === Math.max(0, ...members.map((member) => member.sizeBytes)) &&
    said.row < said.parityFiles &&
    said.rowChunkHashes.length === chunkCountOf(lengthBytes) &&
    said.groupId === groupIdOf(said, members);
  return isSound ? said : undefined;
}

export const chunkCountOf = (sizeBytes: number): number => Math.ceil(sizeBytes / CHUNK_BYTES);

/** How long chunk `index` of a file is: shorter at its end, 0 beyond. */
export const chunkBytesAt = (sizeBytes: number, index: number): number =>
  Math.min(CHUNK_BYTES, Math.max(0, sizeBytes - index * CHUNK_BYTES));

const hasAllHashes = ({ sizeBytes: size, chunkHashes }: MemberRecord): boolean =>
  chunkHashes.length === chunkCountOf(size);
