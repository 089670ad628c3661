import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_EVICTION_POLICY } from '#domain/eviction/policy.ts';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';
import type { ParityDeclaration } from '#protocol/oca-registration.ts';
import type { Log } from '../../../oca-agent/log.ts';
import { openSqlite } from '../../../oca-agent/platform/database.ts';
import { type FileSystem, nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { systemClock } from '../../../oca-agent/platform/node-platform.ts';
import type { AssetName, HeldAsset } from '../../../oca-agent/store/asset.ts';
import type { AssetReader } from '../../../oca-agent/store/asset-reader.ts';
import type { AssetStore } from '../../../oca-agent/store/asset-store.ts';
import { openProtectedStore, type ProtectedStore } from '../../../oca-agent/store/open-store.ts';
import { seededBytes, sha256 } from '../../oca-agent/fixtures/bytes.ts';

export interface StorePlace {
  readonly stateDirectory: string;
  readonly disks: readonly { readonly path: string; readonly tier: Tier }[];
  readonly capacityBytes: number;
  readonly parity?: ParityDeclaration;
}

/** A real store in which everything that no plan wants may stay. Resolves when index, parity groups and disks agree. */
export async function openStoreAt(
  place: StorePlace,
  options: { readonly files?: FileSystem; readonly log?: Log } = {},
): Promise<ProtectedStore> {
  const opened = await openProtectedStore({
    platform: {
      clock: systemClock,
      random: seededRandom(1),
      fileSystem: options.files ?? nodeFileSystem,
      openDatabase: openSqlite,
    },
    stateDirectory: place.stateDirectory,
    disks: place.disks.map(({ path, tier }, index) => ({
      diskId: `disk-${index}` as DiskId,
      tier,
      path,
      capacityBytes: bytes(place.capacityBytes),
    })),
    knownDiskIds: new Set(),
    requireMountPoints: false,
    eviction: { policy: DEFAULT_EVICTION_POLICY, surpriseShare: 1 },
    parity: place.parity,
    log: options.log ?? (() => undefined),
  });
  await opened.store.reconciled;
  await opened.keeper?.loaded;
  return opened;
}

/** The content of the n-th asset; its id and its name follow from it. */
export function assetOf(seed: number, sizeBytes: number) {
  const content = seededBytes(seed, sizeBytes);
  return { content, assetId: sha256(content), name: nameOf(seed) };
}

export const nameOf = (seed: number): AssetName => ({
  titleId: `title-${seed % 16}` as TitleId,
  file: `video-${seed}.mp4`,
  etag: `"${seed}"`,
  contentType: 'video/mp4',
  fetchedAt: systemClock.now(),
});

/** Takes an asset in as a transfer does: a piece at a time. Undefined when no disk has room. */
export async function take(
  store: AssetStore,
  content: Buffer,
  name: AssetName,
  tiers: readonly Tier[] = ['flash', 'hdd'],
): Promise<HeldAsset | undefined> {
  const writer = await store.begin({
    sizeBytes: content.length as Bytes,
    tiers,
    mayEvict: true,
  });
  if (!writer) return undefined;
  try {
    for (let at = 0; at < content.length; at += PIECE_BYTES)
      await writer.append(content.subarray(at, at + PIECE_BYTES));
  } catch (error) {
    await store.abandon(writer);
    throw error;
  }
  return store.publish(writer, writer.verify(undefined), [name]);
}

const PIECE_BYTES = 16_384;

/** The id that the bytes have which the store gives out; undefined when it gives none. */
export async function idOfServedBytes(
  store: AssetStore,
  asset: HeldAsset,
): Promise<AssetId | undefined> {
  const reader = await store.openReader(asset);
  return reader && idOfBytesFrom(reader, asset.sizeBytes);
}

/** Reads to the end and closes the reader. */
export async function idOfBytesFrom(reader: AssetReader, sizeBytes: number): Promise<AssetId> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(65_536);
  try {
    for (let at = 0; at < sizeBytes; ) {
      const count = await reader.read(buffer, at);
      if (count === 0) break;
      hash.update(buffer.subarray(0, count));
      at += count;
    }
    return hash.digest('hex') as AssetId;
  } finally {
    await reader.close();
  }
}

export interface Findings {
  /** Acknowledged, and not there any more. */
  readonly lost: AssetId[];
  /** Given out with other bytes than their id says. */
  readonly wrong: AssetId[];
  /** Files of transfers that ended with the process. */
  readonly leftovers: string[];
  /** Files at assets' places that the index does not know. */
  readonly unknown: string[];
}

export const SOUND: Findings = { lost: [], wrong: [], leftovers: [], unknown: [] };

/** Compares a store that was opened anew with what was acknowledged before, and with its disks. */
export async function examine(
  store: AssetStore,
  place: StorePlace,
  acknowledged: Iterable<AssetId>,
): Promise<Findings> {
  const held = new Map<AssetId, HeldAsset>();
  const wrong: AssetId[] = [];
  for (const asset of [...store.index.assets()]) {
    const served = await idOfServedBytes(store, asset);
    // What was evicted last, a crash may have taken back from the index: it is noticed now.
    if (served !== undefined) held.set(asset.assetId, asset);
    if (served !== undefined && served !== asset.assetId) wrong.push(asset.assetId);
  }
  const filesByDisk = await Promise.all(place.disks.map(({ path }) => filesOf(path)));
  const leftovers = filesByDisk.flatMap((files) => files.partials);
  const unknown = filesByDisk.flatMap(({ objects }, index) =>
    objects.filter((name) => {
      const asset = held.get(name.replace(/\.json$/, '') as AssetId);
      return asset === undefined || numberOf(asset.diskId) !== index;
    }),
  );
  const lost = [...acknowledged].filter((assetId) => !held.has(assetId));
  return { lost, wrong, leftovers, unknown };
}

async function filesOf(path: string): Promise<{ partials: string[]; objects: string[] }> {
  const partials = await namesIn(join(path, 'tmp'));
  const shards = await namesIn(join(path, 'objects'));
  const objects = await Promise.all(shards.map((shard) => namesIn(join(path, 'objects', shard))));
  return { partials, objects: objects.flat() };
}

const numberOf = (diskId: DiskId): number => Number(diskId.slice('disk-'.length));

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
