import type { DiskId } from '#domain/ids.ts';
import type { GroupMember, ParityGroup } from '#domain/parity/parity-group.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { Member, ParityGroups } from '../groups/parity-groups.ts';

/**
 * A group as the plan wants to see it. A member that is held no longer, or lies on flash now, shall leave it: it is shown as
 * retired, on a disk that can be read, for a plan leaves groups alone that wait for repair.
 * @param listed the hdd disks that the plan is told of.
 */
export function presentGroup(
  groups: ParityGroups,
  group: GroupNumber,
  listed: ReadonlySet<DiskId>,
): ParityGroup {
  const { table } = groups;
  const { dataFiles } = table.shapeAt(group);
  const columns: (GroupMember | undefined)[] = Array(dataFiles).fill(undefined);
  for (const member of groups.members(group)) columns[member.column] = present(member, listed);
  const rows = groups
    .rowDisks(group)
    .map((diskId) => (listed.has(diskId as DiskId) ? diskId : undefined));
  return { groupId: table.groupIdAt(group), columns, rows };
}

function present(
  { assetId, sizeBytes, asset, diskId, state }: Member,
  listed: ReadonlySet<DiskId>,
): GroupMember {
  const isLeaving = asset === undefined || (asset.tier !== 'hdd' && state === 'present');
  const shown = isLeaving && !listed.has(diskId as DiskId) ? [...listed][0] : diskId;
  return { assetId, sizeBytes, diskId: shown as DiskId, isRetired: isLeaving };
}
