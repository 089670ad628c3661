import type { AssetId, DiskId, ParityGroupId } from '#domain/ids.ts';
import type { Volume } from '../../store/volume.ts';
import { parseParityName } from './parity-record.ts';

/** A parity file that lies on a disk. */
export interface FoundRow {
  readonly groupId: ParityGroupId;
  readonly row: number;
  readonly diskId: DiskId;
}

/** What lies on the disks that could be listed. */
export interface DiskListing {
  readonly diskIds: ReadonlySet<DiskId>;
  readonly rows: readonly FoundRow[];
  readonly retired: readonly { readonly assetId: AssetId; readonly diskId: DiskId }[];
}

/** Lists parity files and retired assets, all disks at a time. A disk that cannot be listed is left out. */
export async function listDisks(volumes: Iterable<Volume>): Promise<DiskListing> {
  const readable = [...volumes].filter((volume) => volume.isReadable);
  // Its state tells why; when it is back, it is listed again.
  const listings = await Promise.all(readable.map((one) => listDisk(one).catch(() => undefined)));
  const listed = listings.filter((listing) => listing !== undefined);
  return {
    diskIds: new Set(listed.map(({ diskId }) => diskId)),
    rows: listed.flatMap(({ rows }) => rows),
    retired: listed.flatMap(({ retired }) => retired),
  };
}

async function listDisk(volume: Volume) {
  const { diskId } = volume.disk;
  const names = await volume.listParity();
  const assetIds = await volume.listRetired();
  const found = names.flatMap((name) => parseParityName(name) ?? []);
  return {
    diskId,
    rows: found.map((row): FoundRow => ({ ...row, diskId })),
    retired: assetIds.map((assetId) => ({ assetId, diskId })),
  };
}
