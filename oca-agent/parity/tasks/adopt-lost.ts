import type { Clock } from '#domain/clock.ts';
import type { DiskId } from '#domain/ids.ts';
import { Slices } from '../../slices.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { MemberRecord } from '../groups/parity-record.ts';
import { type ParityParts, readableDisks } from './parity-parts.ts';

/** Done in one go before others get their turn. */
const SLICE = 100;

/**
 * Takes assets of failed disks back into an index that was lost, too: the records beside the parity files tell them. An
 * index that knows anything of a disk is right about it; then a member that it does not have was evicted.
 */
export async function adoptLost(
  parts: ParityParts,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<number> {
  const { groups, index, volumes } = parts;
  const forgotten = new Set(
    [...volumes.values()]
      .filter((volume) => !volume.isReadable)
      .map(({ disk }) => disk.diskId)
      .filter((diskId) => index.usageOfDisk(diskId).assetCount === 0),
  );
  if (forgotten.size === 0) return 0;
  let adopted = 0;
  const slices = new Slices(SLICE, signal);
  for (const group of [...groups.restless]) {
    for (const member of await lostMembers(parts, group, forgotten))
      if (adopt(parts, member, clock)) adopted += 1;
    await slices.next();
  }
  return adopted;
}

/** Members that lay on one of these disks and that nobody has, as long as the group can tell them. */
async function lostMembers(
  { groups, records, volumes }: ParityParts,
  group: GroupNumber,
  forgotten: ReadonlySet<DiskId>,
): Promise<MemberRecord[]> {
  const { table } = groups;
  const lost = groups.members(group).filter(({ asset, state }) => !asset && state === 'lost');
  if (lost.length === 0) return [];
  const isBeyond =
    table.missingAt(group, readableDisks(volumes)) > table.shapeAt(group).parityFiles;
  if (isBeyond) return [];
  const record = await records.read(table.groupIdAt(group)).catch(() => undefined);
  return (record?.members ?? []).filter(
    ({ assetId, diskId }) =>
      forgotten.has(diskId) && lost.some((member) => member.assetId === assetId),
  );
}

function adopt(
  { groups, index, volumes }: ParityParts,
  member: MemberRecord,
  clock: Clock,
): boolean {
  const { assetId, diskId, sizeBytes } = member;
  const tier = volumes.get(diskId)?.disk.tier;
  const names = member.names.filter(
    ({ titleId, file }) => index.fetchedAt(titleId, file) === undefined,
  );
  if (!tier || names.length === 0) return false;
  const asset = index.add({ assetId, diskId, tier, sizeBytes }, clock.now());
  for (const name of names) index.bind(assetId, name);
  groups.noteHeld(asset);
  return true;
}
