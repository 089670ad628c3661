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

/** Lists parity files and retired assets. A disk that cannot be listed is left out. */
export async function listDisks(volumes: Iterable<Volume>): Promise<DiskListing> {
  const diskIds = new Set<DiskId>();
  const rows: FoundRow[] = [];
  const retired: { assetId: AssetId; diskId: DiskId }[] = [];
  for (const volume of volumes) {
    const { diskId } = volume.disk;
    if (!volume.isReadable) continue;
    try {
      const names = await volume.listParity();
      const assetIds = await volume.listRetired();
      for (const name of names) {
        const found = parseParityName(name);
        if (found) rows.push({ ...found, diskId });
      }
      for (const assetId of assetIds) retired.push({ assetId, diskId });
      diskIds.add(diskId);
    } catch {
      // Its state tells why; when it is back, it is listed again.
    }
  }
  return { diskIds, rows, retired };
}
