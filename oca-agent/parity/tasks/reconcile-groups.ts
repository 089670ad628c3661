import type { Clock } from '#domain/clock.ts';
import type { AssetId, DiskId, ParityGroupId } from '#domain/ids.ts';
import { Slices } from '../../slices.ts';
import { type DiskListing, type FoundRow, listDisks } from '../groups/disk-listing.ts';
import { type CataloguedGroup, cataloguedOf } from '../groups/group-catalogue.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import { parityNameOf, parseParityRecord } from '../groups/parity-record.ts';
import { adoptLost } from './adopt-lost.ts';
import { type ParityParts, placedRows, removeRows } from './parity-parts.ts';

/** Done in one go before others get their turn: a few milliseconds. */
const SLICE = 500;
/** Sidecars that are read at a time: they lie on many disks. */
const READ_AT_A_TIME = 64;

export interface ReconcileGroupsOptions {
  readonly clock: Clock;
  /** Ends it between two slices; the next start does the rest. */
  readonly signal: AbortSignal;
  /** Disks that are back. Without it: all. */
  readonly only?: ReadonlySet<DiskId>;
}

/**
 * Makes groups and disks agree, for all disks or for those that are back. The disks are right: rows that are not there
 * are lost; groups that the catalogue does not know are told from their sidecars; of two that cover the same asset, one
 * whole one stays; what no group stands on is removed. While it runs, nothing else may write parity. Rejects with the
 * signal's reason when it was ended.
 */
export async function reconcileGroups(
  parts: ParityParts,
  options: ReconcileGroupsOptions,
): Promise<void> {
  const { signal, only } = options;
  const volumes = [...parts.volumes.values()].filter((one) => only?.has(one.disk.diskId) ?? true);
  const listing = await listDisks(volumes);
  signal.throwIfAborted();
  const slices = new Slices(SLICE, signal);
  const unknown = await placeRows(parts, listing, slices);
  await findMembers(parts, slices);
  const waiting = new Set(listing.retired.map(({ assetId }) => assetId));
  const candidates = await readCandidates(parts, { unknown, waiting, slices });
  for (const candidate of candidates) {
    await settle(parts, candidate, waiting);
    await slices.next();
  }
  await placeRetired(parts, listing, slices);
  const adopted = only ? 0 : await adoptLost(parts, options);
  await dropEmpty(parts, slices);
  const { diskIds, rows, retired } = listing;
  parts.log('parity.disks.reconciled', {
    disks: diskIds.size,
    groups: parts.groups.table.size,
    rows: rows.length,
    retired: retired.length,
    candidates: candidates.length,
    adopted,
  });
}

/** Notes which rows are there and which are not; returns those of groups that nobody knows. */
async function placeRows(
  parts: ParityParts,
  { rows, diskIds: listed }: DiskListing,
  slices: Slices,
): Promise<FoundRow[]> {
  const { unknown, elsewhere, seen } = await sortRows(parts, rows, slices);
  for (const group of parts.groups.table.numbers()) {
    noteLostRows(parts, group, { there: seen.get(group) ?? 0, listed });
    await slices.next();
  }
  for (const found of elsewhere) await placeElsewhere(parts, found);
  return unknown;
}

/** `seen`: of each group, a bit for each row that lies where the table says. */
async function sortRows({ groups }: ParityParts, rows: readonly FoundRow[], slices: Slices) {
  const seen = new Map<GroupNumber, number>();
  const unknown: FoundRow[] = [];
  const elsewhere: FoundRow[] = [];
  for (const found of rows) {
    const group = groups.table.find(found.groupId);
    if (group === undefined) unknown.push(found);
    else if (groups.rowDisks(group)[found.row] !== found.diskId) elsewhere.push(found);
    else seen.set(group, (seen.get(group) ?? 0) | (1 << found.row));
    await slices.next();
  }
  return { unknown, elsewhere, seen };
}

function noteLostRows(
  parts: ParityParts,
  group: GroupNumber,
  { there, listed }: { readonly there: number; readonly listed: ReadonlySet<DiskId> },
): void {
  for (const { row, diskId } of placedRows(parts, group))
    if (listed.has(diskId) && !(there & (1 << row))) setRow(parts, group, row);
}

/** A row on another disk than was thought: it was moved there, or it is one too many. */
async function placeElsewhere(parts: ParityParts, found: FoundRow): Promise<void> {
  const group = parts.groups.table.find(found.groupId);
  if (group === undefined) return;
  const known = parts.groups.rowDisks(group)[found.row];
  const isThere = known !== undefined && parts.volumes.get(known)?.isReadable;
  if (!isThere) setRow(parts, group, found.row, found.diskId);
  await removeRows(parts, [found]);
}

function setRow(parts: ParityParts, group: GroupNumber, row: number, diskId?: DiskId): void {
  const { groups, catalogue } = parts;
  groups.setRow(group, row, diskId);
  catalogue.setRows(groups.table.groupIdAt(group), groups.rowDisks(group));
}

/** Members that the index did not have when their groups were taken in. */
async function findMembers({ groups, index }: ParityParts, slices: Slices): Promise<void> {
  for (const group of [...groups.restless]) {
    for (const { asset, assetId } of groups.members(group)) {
      const held = asset ? undefined : index.asset(assetId);
      if (held) groups.noteHeld(held);
    }
    await slices.next();
  }
}

interface Candidate {
  readonly group: CataloguedGroup;
  readonly score: number;
}

/** What the sidecars tell of unknown groups, the best first. Rows without a sound sidecar are removed. */
async function readCandidates(
  parts: ParityParts,
  options: {
    readonly unknown: readonly FoundRow[];
    readonly waiting: ReadonlySet<AssetId>;
    readonly slices: Slices;
  },
): Promise<CataloguedGroup[]> {
  const { unknown, waiting, slices } = options;
  const candidates: Candidate[] = [];
  const found = [...Map.groupBy(unknown, ({ groupId }) => groupId).values()];
  for (let first = 0; first < found.length; first += READ_AT_A_TIME)
    await Promise.all(
      found.slice(first, first + READ_AT_A_TIME).map(async (rows) => {
        const group = await readGroup(parts, rows);
        if (group === 'unsound') await removeRows(parts, rows);
        else if (group !== 'unread')
          candidates.push({ group, score: scoreOf(parts, group, waiting) });
        await slices.next();
      }),
    );
  return candidates.sort((one, other) => other.score - one.score).map(({ group }) => group);
}

/** `unread`: a disk did not give a sidecar out now, so nothing can be said of its row. */
async function readGroup(
  { volumes }: ParityParts,
  rows: readonly FoundRow[],
): Promise<CataloguedGroup | 'unsound' | 'unread'> {
  let verdict: 'unsound' | 'unread' = 'unsound';
  for (const { groupId, row, diskId } of rows) {
    const sidecar = volumes.get(diskId)?.readParitySidecar(parityNameOf(groupId, row));
    const text = await sidecar?.catch(() => {
      verdict = 'unread';
      return undefined;
    });
    const record = parseParityRecord(text);
    if (record?.groupId !== groupId) continue;
    const rowDisks = Array.from(
      { length: record.parityFiles },
      (_, number) => rows.find((one) => one.row === number)?.diskId,
    );
    return cataloguedOf(record, rowDisks);
  }
  return verdict;
}

/** How much a group can lose and still tell all: its rows, less the members that are not there. Ties: held members. */
function scoreOf(
  { index, groups }: ParityParts,
  { members, rows }: CataloguedGroup,
  waiting: ReadonlySet<AssetId>,
): number {
  const isWaiting = (assetId: AssetId) => waiting.has(assetId) || groups.isRetired(assetId);
  const unheld = members.filter(({ assetId }) => !index.asset(assetId));
  const gone = unheld.filter(({ assetId }) => !isWaiting(assetId));
  const margin = rows.filter(Boolean).length - gone.length;
  return margin * 256 + members.length - 2 * unheld.length;
}

/** Takes a group in that was told from its sidecars, unless those that cover its assets are better. */
async function settle(
  parts: ParityParts,
  candidate: CataloguedGroup,
  waiting: ReadonlySet<AssetId>,
): Promise<void> {
  const { groups, catalogue } = parts;
  const rivals = new Set(
    candidate.members.flatMap(({ assetId }) => groups.placeOf(assetId)?.group ?? []),
  );
  const best = Math.max(
    Number.NEGATIVE_INFINITY,
    ...[...rivals].map((rival) => scoreOf(parts, standing(parts, rival), waiting)),
  );
  const rows = candidate.rows.flatMap((diskId, row) =>
    diskId === undefined ? [] : [{ groupId: candidate.groupId, row, diskId }],
  );
  if (scoreOf(parts, candidate, waiting) <= best) return removeRows(parts, rows);
  const removed: ParityGroupId[] = [...rivals].map((rival) => groups.table.groupIdAt(rival));
  const oldRows = [...rivals].flatMap((rival) => placedRows(parts, rival));
  for (const rival of rivals) groups.remove(rival);
  groups.add(candidate);
  catalogue.change({ added: [candidate], removed });
  await removeRows(parts, oldRows);
}

function standing({ groups }: ParityParts, group: GroupNumber): CataloguedGroup {
  const { table } = groups;
  return {
    ...table.shapeAt(group),
    groupId: table.groupIdAt(group),
    lengthBytes: table.lengthBytesAt(group),
    members: groups.members(group),
    rows: groups.rowDisks(group),
  };
}

/** Finds the bytes of members that nobody holds, and removes those that nobody needs. */
async function placeRetired(
  parts: ParityParts,
  { retired }: DiskListing,
  slices: Slices,
): Promise<void> {
  const { groups, volumes } = parts;
  for (const { assetId, diskId } of retired) {
    await slices.next();
    if (groups.noteRetired(assetId, diskId)) continue;
    await volumes
      .get(diskId)
      ?.removeRetired(assetId)
      .catch(() => undefined);
  }
}

/** A group that nobody's asset is in protects nothing. */
async function dropEmpty(parts: ParityParts, slices: Slices): Promise<void> {
  for (const group of [...parts.groups.restless]) {
    if (parts.groups.members(group).every(({ asset }) => !asset)) await dropGroup(parts, group);
    await slices.next();
  }
}

/** The group goes, with its rows and what was retired for it. */
export async function dropGroup(parts: ParityParts, group: GroupNumber): Promise<void> {
  const { groups, catalogue, records, volumes } = parts;
  const groupId = groups.table.groupIdAt(group);
  const rows = placedRows(parts, group);
  const stale = groups.remove(group);
  catalogue.change({ added: [], removed: [groupId] });
  records.forget(groupId);
  await removeRows(parts, rows);
  for (const { assetId, diskId } of stale)
    await volumes
      .get(diskId)
      ?.removeRetired(assetId)
      .catch(() => undefined);
}
