import type { AssetId, DiskId } from '../ids.ts';
import { type EpochMs, elapsed, type Milliseconds, seconds } from '../units.ts';

/** An asset as the choice of its tier sees it. */
export interface TieredAsset {
  readonly assetId: AssetId;
  readonly diskId: DiskId;
  readonly sizeBytes: number;
  /** Its uses, each counting half as much after every half-life. */
  readonly uses: number;
  /** Its last use; before the first, when it came. */
  readonly lastUsedAt: EpochMs;
  /** When it last changed its tier; undefined when it has not for a long time. */
  readonly movedAt: EpochMs | undefined;
}

/** A disk that may be written to, and what fits on it below its watermark without anything leaving. */
export interface DiskRoom {
  readonly diskId: DiskId;
  readonly roomBytes: number;
  /** It has too little room when less than this is left. */
  readonly headroomBytes: number;
}

export interface Move {
  readonly asset: TieredAsset;
  readonly to: 'flash' | 'hdd';
  /** Where the room is that it was planned for. */
  readonly diskId?: DiskId;
}

export interface TieringRules {
  /** An asset on hdd with fewer uses stays there. */
  readonly promoteUsesMin: number;
  /** What comes to flash must be used so many times as much as all that leave for it together. */
  readonly promoteFactor: number;
  /** An asset on flash that was used within this time stays there. */
  readonly quietFor: Milliseconds;
  /** With fewer uses than this, a quiet asset leaves flash when it has too little room for what comes next. */
  readonly demoteUsesMax: number;
  /** An asset that has moved stays where it is for so long. */
  readonly stayFor: Milliseconds;
  /** More do not leave for one that comes. */
  readonly demotionsMax: number;
}

/**
 * Assumptions, to be held against a fleet's logs: a handful of uses within a day make a file worth a copy; a factor of
 * four outweighs the noise of such counts; half a day covers the hours between a fill at night and the evening's viewers.
 */
export const TIERING_RULES: TieringRules = {
  promoteUsesMin: 4,
  promoteFactor: 4,
  quietFor: seconds(12 * 3600),
  demoteUsesMax: 0.25,
  stayFor: seconds(24 * 3600),
  demotionsMax: 16,
};

export interface TieringFacts {
  /** Assets on hdd that are worth a look: the most used that are known of. */
  readonly hot: readonly TieredAsset[];
  /** Assets on flash that are worth a look: the least used that are known of. */
  readonly cold: readonly TieredAsset[];
  readonly flash: readonly DiskRoom[];
  readonly hdd: readonly DiskRoom[];
  readonly now: EpochMs;
}

/**
 * The moves to make next, in order; none when all lie well. The most used asset on hdd comes to flash if it fits, or if
 * quiet ones that are far less used make room for it there and fit on hdd. Flash that is all but full lets quiet ones go.
 * Two rules keep files from going to and fro: a factor between what comes and what leaves, and a stay after each move.
 */
export function planMoves(facts: TieringFacts, rules: TieringRules = TIERING_RULES): Move[] {
  const isSettled = ({ movedAt }: TieredAsset) =>
    movedAt === undefined || elapsed(movedAt, facts.now) >= rules.stayFor;
  const isQuiet = ({ lastUsedAt }: TieredAsset) => elapsed(lastUsedAt, facts.now) >= rules.quietFor;
  const leaving = facts.cold
    .filter((asset) => isSettled(asset) && isQuiet(asset))
    .sort((one, other) => one.uses - other.uses || other.sizeBytes - one.sizeBytes);
  const coming = facts.hot
    .filter((asset) => isSettled(asset) && asset.uses >= rules.promoteUsesMin)
    .sort((one, other) => other.uses - one.uses || one.sizeBytes - other.sizeBytes);
  for (const asset of coming) {
    const moves = promotionOf(asset, leaving, facts, rules);
    if (moves) return moves;
  }
  return reliefOf(leaving, facts, rules);
}

function promotionOf(
  asset: TieredAsset,
  leaving: readonly TieredAsset[],
  facts: TieringFacts,
  rules: TieringRules,
): Move[] | undefined {
  const ways = facts.flash.flatMap((disk) => {
    const candidates = leaving.filter(({ diskId }) => diskId === disk.diskId);
    const lackingBytes = asset.sizeBytes - disk.roomBytes;
    const demoted = enough(candidates, lackingBytes, rules.demotionsMax);
    return demoted && fitOn(demoted, facts.hdd) ? [{ disk, demoted, uses: usesOf(demoted) }] : [];
  });
  const [best] = ways.sort(
    (one, other) => one.uses - other.uses || other.disk.roomBytes - one.disk.roomBytes,
  );
  if (!best || best.uses * rules.promoteFactor > asset.uses) return undefined;
  return [
    ...best.demoted.map((victim): Move => ({ asset: victim, to: 'hdd' })),
    { asset, to: 'flash', diskId: best.disk.diskId },
  ];
}

/** The next asset to leave a flash disk that has too little room, if no other has enough. */
function reliefOf(
  leaving: readonly TieredAsset[],
  { flash, hdd }: TieringFacts,
  { demoteUsesMax }: TieringRules,
): Move[] {
  if (flash.some(({ roomBytes, headroomBytes }) => roomBytes >= headroomBytes)) return [];
  const asset = leaving.find((cold) => cold.uses < demoteUsesMax && fitOn([cold], hdd));
  return asset ? [{ asset, to: 'hdd' }] : [];
}

/** The first of `candidates` that together make up for the lack; undefined when that takes too many. */
function enough(
  candidates: readonly TieredAsset[],
  lackingBytes: number,
  countMax: number,
): TieredAsset[] | undefined {
  const chosen: TieredAsset[] = [];
  let missingBytes = lackingBytes;
  for (const candidate of candidates) {
    if (missingBytes <= 0 || chosen.length === countMax) break;
    chosen.push(candidate);
    missingBytes -= candidate.sizeBytes;
  }
  return missingBytes <= 0 ? chosen : undefined;
}

/** Whether all fit, each on the disk that has most room left then: as the store places them. */
function fitOn(assets: readonly TieredAsset[], disks: readonly DiskRoom[]): boolean {
  const rooms = disks.map(({ roomBytes }) => roomBytes);
  return assets.every(({ sizeBytes }) => {
    const most = Math.max(...rooms);
    if (most < sizeBytes) return false;
    rooms[rooms.indexOf(most)] = most - sizeBytes;
    return true;
  });
}

const usesOf = (assets: readonly TieredAsset[]): number =>
  assets.reduce((sum, { uses }) => sum + uses, 0);
