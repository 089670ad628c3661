import type { AssetId, DiskId } from '#domain/ids.ts';
import type { HeldAsset } from '../store/asset.ts';
import type { AssetReader } from '../store/asset-reader.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { CHUNK_BYTES } from '../store/chunk-hashes.ts';
import type { RelocationVerdict } from '../store/relocate.ts';
import type { Pace } from './upkeep-pace.ts';

/** What can tell bytes that a disk does not: parity. */
export interface Reconstruction {
  openLost(asset: HeldAsset): Promise<AssetReader | undefined>;
  /** Chunk `index` of an asset, verified; undefined when nothing can tell it. */
  reconstructChunk(asset: HeldAsset, index: number): Promise<Uint8Array | undefined>;
  /** Disks that have something of what protects the asset: it had better lie elsewhere. */
  disksBeside(assetId: AssetId): ReadonlySet<DiskId>;
}

export interface MendOptions {
  readonly store: AssetStore;
  /** Absent where parity is off. */
  readonly reconstruction: Reconstruction | undefined;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/**
 * `repaired`: it is held, and right again. `lost`: it was removed, to be filled again from a peer. `left`: it is as it was,
 * for the work was stopped or the asset has gone meanwhile.
 */
export type MendVerdict = 'repaired' | 'lost' | 'left';

/**
 * Writes an asset anew whose bytes on its disk are wrong: what is right is read from there and the rest told by parity,
 * the whole is verified, and only then does it take the place of the wrong one.
 * @param chunks those that are wrong; undefined when nobody knows which.
 */
export async function mendAsset(
  asset: HeldAsset,
  chunks: readonly number[] | undefined,
  options: MendOptions,
): Promise<MendVerdict> {
  for (const open of [openMended, openTold]) {
    const verdict = await writeAnew(asset, () => open(asset, chunks, options), options);
    if (verdict === 'moved') return 'repaired';
    if (verdict === 'aborted' || verdict === 'not-held') return 'left';
  }
  // It may have moved meanwhile: what lies elsewhere now is not what was found wrong.
  const isThere = options.store.index.asset(asset.assetId)?.diskId === asset.diskId;
  if (options.signal.aborted || !isThere) return 'left';
  const removed = await options.store.remove(asset.assetId, 'corruption');
  return removed === 'removed' ? 'lost' : 'left';
}

const ANYWHERE: ReadonlySet<DiskId> = new Set();

/** Writes it where nothing of its group lies, if there is room, and else anywhere. */
async function writeAnew(
  asset: HeldAsset,
  open: () => Promise<AssetReader | undefined>,
  options: MendOptions,
): Promise<RelocationVerdict> {
  const { store, reconstruction, pace, signal } = options;
  const tiers = asset.tier === 'hdd' ? (['hdd', 'flash'] as const) : (['flash', 'hdd'] as const);
  for (const avoidDisks of [reconstruction?.disksBeside(asset.assetId) ?? ANYWHERE, ANYWHERE]) {
    const opened = await open();
    if (!opened) return 'unreadable';
    const reader = paced(opened, asset, options);
    const placing = { tiers, avoidDisks, mayEvict: true, reader, pace, signal };
    const verdict = await store.relocate(asset, placing);
    if (verdict !== 'without-room') return verdict;
  }
  return 'without-room';
}

/** Reads at the pace of the asset's disk. */
const paced = (
  reader: AssetReader,
  { diskId }: HeldAsset,
  { pace, signal }: MendOptions,
): AssetReader => ({
  async read(buffer, position) {
    await pace(diskId, buffer.length, signal);
    return reader.read(buffer, position);
  },
  close: () => reader.close(),
});

/** Reads the right chunks from the disk and the wrong ones from parity. */
async function openMended(
  asset: HeldAsset,
  chunks: readonly number[] | undefined,
  { store, reconstruction }: MendOptions,
): Promise<AssetReader | undefined> {
  if (!reconstruction || !chunks) return undefined;
  const told = new Map<number, Uint8Array>();
  const reader = await store.openReader(asset);
  if (!reader) return undefined;
  return {
    async read(buffer, position) {
      const index = Math.floor(position / CHUNK_BYTES);
      if (!chunks.includes(index)) {
        const untilNext = (index + 1) * CHUNK_BYTES - position;
        return reader.read(buffer.subarray(0, untilNext), position);
      }
      const chunk = told.get(index) ?? (await reconstruction.reconstructChunk(asset, index));
      if (!chunk) return 0;
      told.clear();
      told.set(index, chunk);
      const part = chunk.subarray(position - index * CHUNK_BYTES).subarray(0, buffer.length);
      buffer.set(part);
      return part.length;
    },
    close: () => reader.close(),
  };
}

/** Has parity tell the whole. */
const openTold = async (
  asset: HeldAsset,
  _chunks: readonly number[] | undefined,
  { reconstruction }: MendOptions,
): Promise<AssetReader | undefined> => reconstruction?.openLost(asset);
