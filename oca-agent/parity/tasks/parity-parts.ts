import type { DiskId, ParityGroupId } from '#domain/ids.ts';
import type { Log } from '../../log.ts';
import type { AssetIndex } from '../../store/asset-index.ts';
import type { GroupCatalogue } from '../groups/group-catalogue.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { ParityGroups, StaleRetired } from '../groups/parity-groups.ts';
import { parityNameOf } from '../groups/parity-record.ts';
import type { ChunkTeller } from '../reading/chunk-teller.ts';
import type { Volumes } from '../reading/piece-files.ts';
import type { RecordReader } from '../reading/record-reader.ts';
import type { Workbenches } from '../reading/workbench.ts';

/** What all work on parity uses. */
export interface ParityParts {
  readonly index: AssetIndex;
  readonly volumes: Volumes;
  readonly groups: ParityGroups;
  readonly catalogue: GroupCatalogue;
  readonly records: RecordReader;
  readonly teller: ChunkTeller;
  readonly benches: Workbenches;
  /** Pieces that were found to be wrong, or not to be had from a disk that works: repair looks at them. */
  readonly rot: RottenPieces;
  /** Disks that are back: repair sees what lies on them. */
  readonly returned: Set<DiskId>;
  readonly log: Log;
}

/** Each piece once, however often it is found. */
export class RottenPieces {
  readonly #pieces = new Map<string, RottenPiece>();

  note(groupId: ParityGroupId, piece: number): void {
    this.#pieces.set(`${groupId} ${piece}`, { groupId, piece });
  }
  forget({ groupId, piece }: RottenPiece): void {
    this.#pieces.delete(`${groupId} ${piece}`);
  }
  get first(): RottenPiece | undefined {
    return this.#pieces.values().next().value;
  }
}

export interface RottenPiece {
  readonly groupId: ParityGroupId;
  readonly piece: number;
}

/** Disks whose files can be read now. */
export const readableDisks = (volumes: Volumes): Set<DiskId> =>
  new Set([...volumes].filter(([, volume]) => volume.isReadable).map(([diskId]) => diskId));

/** Removes bytes that waited for a group that has gone. What cannot be removed now, a later start removes. */
export async function removeStale(
  { volumes, groups }: Pick<ParityParts, 'volumes' | 'groups'>,
  stale: readonly StaleRetired[],
): Promise<void> {
  for (const { assetId, diskId } of stale) {
    const place = groups.placeOf(assetId);
    const isNeeded =
      place !== undefined &&
      groups.table.stateAt(place.group, place.column) === 'retired' &&
      groups.table.diskAt(place.group, place.column) === diskId;
    if (!isNeeded)
      await volumes
        .get(diskId)
        ?.removeRetired(assetId)
        .catch(() => undefined);
  }
}

/**
 * The disks that are read to tell some pieces of a group: those of k others that are there, data files first.
 * @param wanted the pieces.
 */
export function sourceDisks(
  { groups, volumes }: Pick<ParityParts, 'volumes' | 'groups'>,
  groupId: ParityGroupId,
  wanted: readonly number[],
): DiskId[] {
  const { table } = groups;
  const group = table.find(groupId);
  if (group === undefined) return [];
  const isThere = (piece: number) => {
    const state = table.stateAt(group, piece);
    const diskId = table.diskAt(group, piece);
    const isOnDisk = diskId !== undefined && volumes.get(diskId)?.isReadable;
    return isOnDisk && state !== 'none' && state !== 'lost';
  };
  return Array.from({ length: table.pieceCountAt(group) }, (_, piece) => piece)
    .filter((piece) => !wanted.includes(piece) && isThere(piece))
    .slice(0, table.shapeAt(group).dataFiles)
    .flatMap((piece) => table.diskAt(group, piece) ?? []);
}

export interface PlacedRow {
  readonly groupId: ParityGroupId;
  readonly row: number;
  readonly diskId: DiskId;
}

export const placedRows = ({ groups }: ParityParts, group: GroupNumber): PlacedRow[] =>
  groups.rowDisks(group).flatMap((diskId, row) => {
    const groupId = groups.table.groupIdAt(group);
    return diskId === undefined ? [] : [{ groupId, row, diskId }];
  });

/** Removes parity files, unless a group has them where they are. */
export async function removeRows(
  { volumes, groups }: Pick<ParityParts, 'volumes' | 'groups'>,
  rows: readonly PlacedRow[],
): Promise<void> {
  for (const { groupId, row, diskId } of rows) {
    const group = groups.table.find(groupId);
    if (group !== undefined && groups.rowDisks(group)[row] === diskId) continue;
    await volumes
      .get(diskId)
      ?.removeParity(parityNameOf(groupId, row))
      .catch(() => undefined);
  }
}
