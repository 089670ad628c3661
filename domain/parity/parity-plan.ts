import { bytes } from '../units.ts';
import { areAlike, DraftGroup, type Limits } from './draft-group.ts';
import { LooseFiles } from './loose-files.ts';
import { openGroups } from './open-groups.ts';
import type { DataFile, GroupChange, ParityDisk, ParityGroup } from './parity-group.ts';
import { RowRoom } from './row-room.ts';

export interface ParityPlanInput {
  /** hdd disks that can be read. A disk that is not listed is lost. */
  readonly disks: readonly ParityDisk[];
  /** Assets of the hdd tier that no group has. The more at once, the better their sizes fit together. */
  readonly loose: readonly DataFile[];
  /**
   * Groups that may want a change: those with holes, with retired members, with members that moved, with lost rows. Whole
   * groups may be left out. A group with a member on a lost disk is left alone: repair comes first.
   */
  readonly groups: readonly ParityGroup[];
  /** k. */
  readonly dataFiles: number;
  /** m; 0 dissolves the groups. */
  readonly parityFiles: number;
  readonly changesMax: number;
}

export interface ParityPlan {
  /** In the order in which they are to be done. */
  readonly changes: readonly GroupChange[];
  /** Assets that can be in no group now: too few disks, or no room for their parity. */
  readonly unprotected: readonly DataFile[];
}

/**
 * Decides how groups are formed, extended, merged and written anew. A whole group is left alone, and what is done by plan
 * after plan soon leaves nothing to plan. In order:
 *  1. broken groups stay without their retired members, members that share a disk, and lost rows;
 *  2. holes are filled with loose assets that need no longer rows;
 *  3. the loose assets that are left form whole groups, the largest first, so that the sizes in a group are alike;
 *  4. the remainder fills holes that need longer rows, then forms groups with holes;
 *  5. groups with holes that fit into one another are merged.
 *
 * Assets of much different sizes never meet in a group: see {@link areAlike}. Deterministic.
 * O(assets × disks² + (groups with holes)²).
 */
export function planParity(input: ParityPlanInput): ParityPlan {
  if (input.parityFiles === 0) return { changes: dissolutions(input), unprotected: [] };
  const listed = new Set(input.disks.map(({ diskId }) => diskId));
  const rowCount = input.parityFiles;
  const limits: Limits = {
    membersMax: Math.min(input.dataFiles, listed.size - rowCount),
    columnCount: input.dataFiles,
    room: new RowRoom(input.disks, rowCount),
  };
  const loose = new LooseFiles(input.loose.filter(({ diskId }) => listed.has(diskId)));
  const open = openGroups(input.groups, { limits, listed, rowCount });
  for (const draft of open) fill(draft, loose, 1);
  const { changes: whole, passedOver } = formWholeGroups(loose, limits);
  const rest = new LooseFiles([...passedOver, ...loose.files]);
  for (const draft of open) fill(draft, rest, GROWTH_MAX);
  const merged = mergedGroups([...open, ...formOtherGroups(rest, limits)]);
  const changes = [...settled(merged.filter(({ replaces }) => replaces.length > 0)), ...whole];
  changes.push(...settled(merged.filter(({ replaces }) => replaces.length === 0)));
  return { changes: changes.slice(0, input.changesMax), unprotected: unprotected(input, changes) };
}

const dissolutions = ({ groups, changesMax }: ParityPlanInput): GroupChange[] =>
  groups.slice(0, changesMax).map(({ groupId }) => ({
    ...{ replaces: [groupId], columns: [], rows: [], lengthBytes: bytes(0) },
  }));

/** The rows of a group may become so much longer for another member. It is no more than sizes that are alike allow. */
const GROWTH_MAX = 4;

/** Puts the largest loose assets that fit into the holes of a group. */
function fill(draft: DraftGroup, loose: LooseFiles, growthMax: number): void {
  while (!draft.isFull && draft.memberCount > 0) {
    const filler = fillerOf(draft, loose, growthMax);
    if (!filler) return;
    draft.add(filler);
    loose.take(filler);
  }
}

function fillerOf(draft: DraftGroup, loose: LooseFiles, growthMax: number): DataFile | undefined {
  let best: DataFile | undefined;
  for (const diskId of loose.diskIds) {
    const file = loose.largestUpTo(diskId, growthMax * draft.lengthBytes);
    if (!file || (best && file.sizeBytes <= best.sizeBytes)) continue;
    if (areAlike(file.sizeBytes, draft.lengthBytes) && draft.accepts(file)) best = file;
  }
  return best;
}

/** Whole groups; assets that find too few of their size are passed over. */
function formWholeGroups(
  loose: LooseFiles,
  limits: Limits,
): { readonly changes: readonly GroupChange[]; readonly passedOver: readonly DataFile[] } {
  const changes: GroupChange[] = [];
  const passedOver: DataFile[] = [];
  for (let first = loose.largest; first; first = loose.largest) {
    const draft = formGroup(first, loose, limits);
    const change = draft?.isFull ? draft.settle() : undefined;
    if (draft && change) {
      changes.push(change);
      for (const file of draft.files) loose.take(file);
    } else {
      passedOver.push(first);
      loose.take(first);
    }
  }
  return { changes, passedOver };
}

/** Groups with holes, until no asset is left that can be in one. */
function formOtherGroups(loose: LooseFiles, limits: Limits): DraftGroup[] {
  const drafts: DraftGroup[] = [];
  for (let first = loose.largest; first; first = loose.largest) {
    const draft = formGroup(first, loose, limits);
    for (const file of draft?.files ?? [first]) loose.take(file);
    if (draft) drafts.push(draft);
  }
  return drafts;
}

/**
 * A group of the largest loose asset and one of each of the disks that fit, which are not taken from the loose ones yet.
 * Disks with the most loose assets go first, as long as their assets are nearly of the size: else some disk is left with
 * assets that find no others.
 */
function formGroup(first: DataFile, loose: LooseFiles, limits: Limits): DraftGroup | undefined {
  const draft = new DraftGroup(limits);
  if (!draft.accepts(first)) return undefined;
  draft.add(first);
  const heads: DataFile[] = [];
  for (const diskId of loose.diskIds) {
    const head = loose.largestUpTo(diskId, first.sizeBytes);
    if (head && areAlike(head.sizeBytes, first.sizeBytes)) heads.push(head);
  }
  const isNear = ({ sizeBytes }: DataFile) => sizeBytes >= NEARLY * first.sizeBytes;
  const order = (one: DataFile, other: DataFile) =>
    Number(isNear(other)) - Number(isNear(one)) ||
    (isNear(one)
      ? loose.count(other.diskId) - loose.count(one.diskId)
      : other.sizeBytes - one.sizeBytes) ||
    (one.diskId < other.diskId ? -1 : 1);
  for (const head of heads.sort(order)) {
    if (draft.isFull) break;
    if (draft.accepts(head)) draft.add(head);
  }
  return draft;
}

/** Assumption: balance between disks is worth so much of a row. */
const NEARLY = 0.95;

/** Each group with holes takes in what it can of those with fewer members. */
function mergedGroups(drafts: readonly DraftGroup[]): DraftGroup[] {
  const remaining = drafts.toSorted((one, other) => other.memberCount - one.memberCount);
  for (let index = 0; index < remaining.length; index += 1) {
    const target = remaining[index] as DraftGroup;
    for (let at = index + 1; at < remaining.length && !target.isFull; ) {
      const other = remaining[at] as DraftGroup;
      const fits =
        Math.min(target.memberCount, other.memberCount) > 0 &&
        areAlike(target.lengthBytes, other.lengthBytes) &&
        target.accepts(...other.files);
      if (fits) {
        target.absorb(other);
        remaining.splice(at, 1);
      } else at += 1;
    }
  }
  return remaining;
}

const settled = (drafts: readonly DraftGroup[]): GroupChange[] =>
  drafts.flatMap((draft) => (draft.isChanged && draft.settle()) || []);

function unprotected({ loose }: ParityPlanInput, changes: readonly GroupChange[]): DataFile[] {
  const planned = new Set(changes.flatMap(({ columns }) => columns.map((file) => file?.assetId)));
  return loose.filter(({ assetId }) => !planned.has(assetId));
}
