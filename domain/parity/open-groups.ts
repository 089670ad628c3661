import type { DiskId } from '../ids.ts';
import { DraftGroup, type Limits } from './draft-group.ts';
import type { DataFile, GroupMember, ParityGroup } from './parity-group.ts';

/** The groups that can be worked on, each without what must go. A group that waits for repair is none of them. */
export function openGroups(
  groups: readonly ParityGroup[],
  options: {
    readonly limits: Limits;
    readonly listed: ReadonlySet<DiskId>;
    readonly rowCount: number;
  },
): DraftGroup[] {
  const { limits, listed, rowCount } = options;
  return groups.flatMap((group) => {
    if (group.columns.some((member) => member && !member.isRetired && !listed.has(member.diskId)))
      return [];
    const columns = stayingMembers(group, limits.columnCount);
    const rows = stayingRows(group, columns, listed);
    const isBroken =
      columns.some((file, column) => !file && group.columns[column] !== undefined) ||
      group.columns.length > columns.length ||
      rows.length !== rowCount ||
      rows.includes(undefined);
    return [new DraftGroup(limits, { groupId: group.groupId, columns, rows, isBroken })];
  });
}

/** Without retired members, and of two on one disk without the smaller one: that one is loose when the group is written. */
function stayingMembers(group: ParityGroup, columnCount: number): (DataFile | undefined)[] {
  const largest = new Map<DiskId, GroupMember>();
  const columns = group.columns.slice(0, columnCount);
  for (const member of columns) {
    if (!member || member.isRetired) continue;
    const other = largest.get(member.diskId);
    if (!other || other.sizeBytes < member.sizeBytes) largest.set(member.diskId, member);
  }
  return columns.map((member) => {
    if (!member || largest.get(member.diskId) !== member) return undefined;
    const { assetId, diskId, sizeBytes } = member;
    return { assetId, diskId, sizeBytes };
  });
}

/** Rows that can be read, each on a disk of its own. */
function stayingRows(
  { rows }: ParityGroup,
  columns: readonly (DataFile | undefined)[],
  listed: ReadonlySet<DiskId>,
): (DiskId | undefined)[] {
  const taken = new Set(columns.map((file) => file?.diskId));
  return rows.map((diskId) => {
    if (diskId === undefined || !listed.has(diskId) || taken.has(diskId)) return undefined;
    taken.add(diskId);
    return diskId;
  });
}
