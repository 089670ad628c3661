import type { DiskId, OcaId, TitleId } from '../ids.ts';
import { type ParityGeometry, planShareOf } from '../topology/watermarks.ts';
import type { Bytes } from '../units.ts';
import { rendezvousOrder } from './rendezvous.ts';

type Tier = 'flash' | 'hdd';

/** One file that may be placed. */
export interface PlacementAsset {
  readonly titleId: TitleId;
  /** The file's name in its title. */
  readonly file: string;
  readonly sizeBytes: Bytes;
  /** Plays-equivalent: bytes expected to be streamed / size. So it *is* the value of a stored byte. */
  readonly popularity: number;
}

export interface PlacementOca {
  readonly ocaId: OcaId;
  readonly disks: readonly {
    readonly diskId: DiskId;
    readonly tier: Tier;
    readonly capacityBytes: Bytes;
  }[];
  /** Of its hdd tier; absent where parity is off. */
  readonly parity?: ParityGeometry;
}

export interface PlacedAsset<A extends PlacementAsset = PlacementAsset> {
  readonly asset: A;
  readonly tier: Tier;
}

/**
 * Decides what each OCA of one site is to hold, and in which tier, in the order in which it is to be fetched.
 *
 * In order of value per byte, and past whatever does not fit:
 *  1. flash: the hottest assets, on every OCA of the site;
 *  2. hdd: each further asset once in the site, on the OCA that rendezvous hashing of its title prefers;
 *  3. hdd: second and further copies, where room is left. If everything fits everywhere, everything is everywhere.
 *
 * A plan fills a disk to its watermark, less what parity and surprises may take. Deterministic: the same input in any order gives the same placement. O(assets × OCAs × log OCAs).
 */
export function placeTitles<A extends PlacementAsset>(
  assets: readonly A[],
  ocas: readonly PlacementOca[],
): Map<OcaId, PlacedAsset<A>[]> {
  const shelves = new Map(ocas.map((oca) => [oca.ocaId, shelfOf(oca)]));
  const ocaIds = ocas.map((oca) => oca.ocaId).toSorted();
  const placements = new Map(ocaIds.map((ocaId) => [ocaId, new Map<A, PlacedAsset<A>>()]));
  const put = (asset: A, ocaId: OcaId, tier: Tier): boolean => {
    const placement = placements.get(ocaId);
    if (!placement || placement.has(asset)) return false;
    if (!shelves.get(ocaId)?.take(tier, asset.sizeBytes)) return false;
    placement.set(asset, { asset, tier });
    return true;
  };
  const ranked = assets.toSorted(valueOrder);
  const isPlaced = (asset: A) => ocaIds.some((ocaId) => placements.get(ocaId)?.has(asset));
  for (const asset of ranked) for (const ocaId of ocaIds) put(asset, ocaId, 'flash');
  for (const asset of ranked.filter((candidate) => !isPlaced(candidate))) {
    rendezvousOrder(asset.titleId, ocaIds).some((ocaId) => put(asset, ocaId, 'hdd'));
  }
  for (const asset of ranked) for (const ocaId of ocaIds) put(asset, ocaId, 'hdd');
  return new Map(
    ocaIds.map((ocaId) => [ocaId, [...(placements.get(ocaId)?.values() ?? [])].sort(placedOrder)]),
  );
}

/** Most valuable byte first; ties by title, so that one title's files stay together, then by name. */
const valueOrder = (one: PlacementAsset, other: PlacementAsset): number =>
  other.popularity - one.popularity ||
  compareText(one.titleId, other.titleId) ||
  compareText(one.file, other.file);

const placedOrder = (one: PlacedAsset, other: PlacedAsset) => valueOrder(one.asset, other.asset);
const compareText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

/** The room of one OCA. A file lies whole on one disk, so room is counted a disk; the emptiest disk takes the next file. */
function shelfOf(oca: PlacementOca) {
  const disksOf = (tier: Tier) =>
    oca.disks
      .filter((disk) => disk.tier === tier)
      .toSorted((one, other) => compareText(one.diskId, other.diskId))
      .map((disk) => ({ freeBytes: Math.floor(disk.capacityBytes * planShareOf(tier, oca)) }));
  const disksByTier = { flash: disksOf('flash'), hdd: disksOf('hdd') };
  return {
    take(tier: Tier, sizeBytes: Bytes): boolean {
      let emptiest: { freeBytes: number } | undefined;
      for (const disk of disksByTier[tier]) {
        if (!emptiest || disk.freeBytes > emptiest.freeBytes) emptiest = disk;
      }
      if (!emptiest || sizeBytes > emptiest.freeBytes) return false;
      emptiest.freeBytes -= sizeBytes;
      return true;
    },
  };
}
