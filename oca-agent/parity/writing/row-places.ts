import type { GroupNumber } from '../groups/group-numbers.ts';
import type { ParityParts } from '../tasks/parity-parts.ts';
import { parityRoom } from './parity-room.ts';
import type { RowPlace } from './row-files.ts';

/**
 * Where rows of a group may be written anew: in its place one that lies on a disk that takes writes, the others on disks that
 * have nothing of the group, those with most room first. Rows for which there is no disk are left out.
 */
export async function placesForRows(
  parts: ParityParts,
  group: GroupNumber,
  { rows, dataShare }: { readonly rows: readonly number[]; readonly dataShare: number },
): Promise<RowPlace[]> {
  const { groups, volumes } = parts;
  const lengthBytes = groups.table.lengthBytesAt(group);
  const present = groups.rowDisks(group);
  const taken = new Set([...groups.members(group).map(({ diskId }) => diskId), ...present]);
  const free = (await parityRoom(parts, dataShare))
    .filter((disk) => disk.isWritable && !taken.has(disk.diskId) && disk.freeBytes >= lengthBytes)
    .sort((one, other) => other.freeBytes - one.freeBytes);
  return rows.flatMap((row) => {
    const own = present[row];
    const isInPlace = own !== undefined && volumes.get(own)?.isWritable;
    const diskId = isInPlace ? own : free.shift()?.diskId;
    return diskId === undefined ? [] : [{ row, diskId }];
  });
}
