import type { ParityDisk } from '#domain/parity/parity-group.ts';
import { WATERMARKS } from '#domain/topology/watermarks.ts';
import { bytes } from '#domain/units.ts';
import type { ParityParts } from '../tasks/parity-parts.ts';

/** Room that parity leaves to the filesystem beyond what the watermark does. Assumption. */
const FLOOR_SHARE = 0.02;

/**
 * The hdd disks that can be read, and what parity files may still take of each: the part of it that assets may not. What is
 * promised to transfers is not free.
 */
export async function parityRoom(
  { volumes, groups }: Pick<ParityParts, 'volumes' | 'groups'>,
  dataShare: number,
): Promise<ParityDisk[]> {
  const readable = [...volumes.values()].filter(
    (volume) => volume.disk.tier === 'hdd' && volume.isReadable,
  );
  return Promise.all(
    readable.map(async (volume) => {
      const { diskId, capacityBytes } = volume.disk;
      const shareBytes = capacityBytes * WATERMARKS.hdd * (1 - dataShare);
      const foundBytes = await volume.freeBytes().catch(() => 0);
      const roomBytes = Math.min(
        shareBytes - groups.parityBytesOn(diskId),
        foundBytes - volume.reservedBytes - capacityBytes * FLOOR_SHARE,
      );
      const isWritable = volume.isWritable && !volume.isFull;
      return { diskId, freeBytes: bytes(Math.max(0, Math.floor(roomBytes))), isWritable };
    }),
  );
}
