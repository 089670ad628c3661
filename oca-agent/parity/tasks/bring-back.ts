import { errorCodeOf } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import type { HeldAsset } from '../../store/asset.ts';
import type { AssetReader } from '../../store/asset-reader.ts';
import type { AssetStore } from '../../store/asset-store.ts';
import type { RelocationVerdict } from '../../store/relocate.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import { chunkBytesAt } from '../groups/parity-record.ts';
import { lostReader } from '../reading/lost-reader.ts';
import { type ParityParts, sourceDisks } from './parity-parts.ts';

/** `untellable`: its group was asked, no disk kept it waiting, and what it tells is not the asset. */
export type BringBackVerdict = RelocationVerdict | 'untellable';

export interface BringBackOptions {
  readonly store: Pick<AssetStore, 'relocate'>;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Writes a lost asset onto another disk, one that has nothing of its group if there is room: its group tells the bytes. */
export async function bringBack(
  parts: ParityParts,
  asset: HeldAsset,
  { store, pace, signal }: BringBackOptions,
): Promise<BringBackVerdict> {
  const mayEvict = parts.index.isPinned(asset.assetId);
  const beside = parts.groups.disksBeside(asset.assetId).add(asset.diskId);
  for (const avoidDisks of [beside, new Set<DiskId>()]) {
    const { reader, failure } = toldReader(parts, asset, { pace, signal });
    const options = { tiers: ['hdd'] as const, avoidDisks, reader, mayEvict, pace, signal };
    const verdict = await store.relocate(asset, options);
    if (verdict === 'unreadable' && failure() === 'asset-not-stored') return 'untellable';
    if (verdict !== 'without-room') return verdict;
  }
  return 'without-room';
}

/** A reader at the pace of the disks that it reads: those of the other pieces, and not of the asset's own. */
function toldReader(
  parts: ParityParts,
  asset: HeldAsset,
  { pace, signal }: Pick<BringBackOptions, 'pace' | 'signal'>,
): { readonly reader: AssetReader; readonly failure: () => string | undefined } {
  let failure: string | undefined;
  const reader = lostReader(parts, asset, async (index) => {
    const place = parts.groups.placeOf(asset.assetId);
    if (!place) return;
    const groupId = parts.groups.table.groupIdAt(place.group);
    const chunkBytes = chunkBytesAt(asset.sizeBytes, index);
    const disks = sourceDisks(parts, groupId, [place.column]);
    await Promise.all(disks.map((diskId) => pace(diskId, chunkBytes, signal)));
  });
  return {
    failure: () => failure,
    reader: {
      read: (buffer, position) =>
        reader.read(buffer, position).catch((error) => {
          failure = errorCodeOf(error);
          throw error;
        }),
      close: () => reader.close(),
    },
  };
}
