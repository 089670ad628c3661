import type { DiskId } from '#domain/ids.ts';
import type { Tier } from '#protocol/fields.ts';
import type { Pace } from '../upkeep/upkeep-pace.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetReader } from './asset-reader.ts';
import type { AssetWriter } from './asset-writer.ts';
import { CHUNK_BYTES } from './chunk-hashes.ts';
import type { BeginOptions } from './intake.ts';

export interface RelocateOptions {
  /** Where to, the first with room. */
  readonly tiers: readonly Tier[];
  /** Disks that shall not get it. Without this: the one that it lies on. Empty: any, to write it anew in its place. */
  readonly avoidDisks?: ReadonlySet<DiskId>;
  /** Where the bytes come from, if not from its disk; it keeps the pace of what it reads. Closed in the end. */
  readonly reader?: AssetReader;
  /** Others may be evicted for it. */
  readonly mayEvict?: boolean;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/**
 * `moved`: it lies on the new disk and nowhere else. `not-held`: it left meanwhile, or lies elsewhere already.
 * `without-room`: no disk that may take it has room. `unreadable`: its bytes could not be read, or were not its own.
 * `unwritable`: the new disk failed. `aborted`: by the signal. After all but the first, everything is as it was.
 */
export type RelocationVerdict =
  | 'moved'
  | 'not-held'
  | 'without-room'
  | 'unreadable'
  | 'unwritable'
  | 'aborted';

/** What a relocation needs of the store. */
export interface RelocationStore {
  openReader(asset: HeldAsset): Promise<AssetReader | undefined>;
  begin(options: BeginOptions): Promise<AssetWriter | undefined>;
  abandon(writer: AssetWriter): Promise<void>;
  /** Makes a verified copy the asset, and lets the bytes before it go. Undefined when it is not there any more. */
  replace(asset: HeldAsset, writer: AssetWriter): Promise<HeldAsset | undefined>;
}

/**
 * Copies a held asset to another disk and lets the old bytes go once the new ones are verified, durable and in the index.
 * Whoever reads it goes on reading what he opened. A crash at any point leaves at least one whole copy.
 */
export async function relocate(
  store: RelocationStore,
  asset: HeldAsset,
  options: RelocateOptions,
): Promise<RelocationVerdict> {
  const reader = options.reader ?? (await store.openReader(asset));
  if (!reader) return 'unreadable';
  try {
    const writer = await store.begin({
      sizeBytes: asset.sizeBytes,
      tiers: options.tiers,
      mayEvict: options.mayEvict ?? false,
      avoidDisks: options.avoidDisks ?? new Set([asset.diskId]),
    });
    if (!writer) return 'without-room';
    let copied: Awaited<ReturnType<typeof copy>> = 'aborted';
    try {
      copied = await copy(asset, { reader, writer }, options);
    } finally {
      if (copied !== 'whole') await store.abandon(writer);
    }
    return copied === 'whole' ? await replace(store, asset, writer) : copied;
  } finally {
    await reader.close();
  }
}

async function replace(
  store: RelocationStore,
  asset: HeldAsset,
  writer: AssetWriter,
): Promise<RelocationVerdict> {
  try {
    return (await store.replace(asset, writer)) ? 'moved' : 'not-held';
  } catch {
    return 'unwritable';
  }
}

async function copy(
  asset: HeldAsset,
  { reader, writer }: { readonly reader: AssetReader; readonly writer: AssetWriter },
  { pace, signal, reader: other }: RelocateOptions,
): Promise<'whole' | 'unreadable' | 'unwritable' | 'aborted'> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  while (!writer.isComplete) {
    const position = writer.receivedBytes;
    const wantedBytes = Math.min(buffer.length, asset.sizeBytes - position);
    if (!other) await pace(asset.diskId, wantedBytes, signal);
    await pace(writer.volume.disk.diskId, wantedBytes, signal);
    if (signal.aborted) return 'aborted';
    const readBytes = await reader.read(buffer.subarray(0, wantedBytes), position).catch(() => 0);
    if (readBytes === 0) return 'unreadable';
    const written = writer.append(buffer.subarray(0, readBytes));
    if (!(await written.then(yes, no))) return 'unwritable';
  }
  return isVerified(writer, asset) ? 'whole' : 'unreadable';
}

function isVerified(writer: AssetWriter, asset: HeldAsset): boolean {
  try {
    return writer.verify(asset.assetId) === asset.assetId;
  } catch {
    return false;
  }
}

const yes = () => true;
const no = () => false;
