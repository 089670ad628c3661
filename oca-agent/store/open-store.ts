import { join } from 'node:path';
import type { AssetId, DiskId } from '#domain/ids.ts';
import type { Log } from '../log.ts';
import type { OpenDatabase } from '../platform/database.ts';
import type { Platform } from '../platform/platform.ts';
import { AssetIndex } from './asset-index.ts';
import { AssetStore } from './asset-store.ts';
import { parseSidecar } from './sidecar.ts';
import { type DiskSettings, Volume } from './volume.ts';

export interface OpenStoreOptions {
  readonly platform: Pick<Platform, 'clock' | 'fileSystem' | 'openDatabase'>;
  readonly stateDirectory: string;
  readonly disks: readonly DiskSettings[];
  /** Disks that were in use before: they must bring their marker. */
  readonly knownDiskIds: ReadonlySet<DiskId>;
  readonly log: Log;
}

/**
 * Opens the store and makes index and disks agree, in steps that are logged with what each did:
 * index opened or begun anew, disks mounted and leftovers of transfers removed, vanished assets forgotten, unknown ones
 * taken back in from their sidecars. The disks are right; the index is their cache.
 */
export async function openStore(options: OpenStoreOptions): Promise<AssetStore> {
  const { platform, log } = options;
  const index = await openIndex(options);
  const volumes = new Map<DiskId, Volume>();
  let store: AssetStore | undefined;
  for (const disk of options.disks) {
    const volume = new Volume({
      disk,
      files: platform.fileSystem,
      clock: platform.clock,
      onFailure(reason) {
        forgetDisk(index, disk.diskId);
        log('store.disk.failed', { diskId: disk.diskId, reason });
        store?.onDiskFailure?.();
      },
    });
    volumes.set(disk.diskId, volume);
    await volume.mount(options.knownDiskIds.has(disk.diskId));
  }
  forgetForeignDisks(index, volumes);
  for (const volume of volumes.values()) await reconcile(index, volume, options);
  store = new AssetStore({ index, volumes, clock: platform.clock, log });
  return store;
}

async function openIndex(options: OpenStoreOptions): Promise<AssetIndex> {
  const { fileSystem, openDatabase } = options.platform;
  const path = join(options.stateDirectory, 'index.db');
  await fileSystem.makeFolder(options.stateDirectory);
  try {
    return newIndex(openDatabase, path);
  } catch {
    options.log('store.index.unsound');
    for (const ending of ['', '-wal', '-shm']) await fileSystem.remove(`${path}${ending}`);
    return newIndex(openDatabase, path);
  }
}

const newIndex = (openDatabase: OpenDatabase, path: string) =>
  new AssetIndex(openDatabase(path, 'cache'));

function forgetDisk(index: AssetIndex, diskId: DiskId): void {
  for (const asset of index.assetsOfDisk(diskId)) index.remove(asset.assetId);
}

function forgetForeignDisks(index: AssetIndex, volumes: ReadonlyMap<DiskId, Volume>): void {
  for (const asset of index.assets()) if (!volumes.has(asset.diskId)) index.remove(asset.assetId);
}

async function reconcile(
  index: AssetIndex,
  volume: Volume,
  options: OpenStoreOptions,
): Promise<void> {
  const { diskId } = volume.disk;
  if (volume.failure !== undefined) return;
  const counts = { vanished: 0, adopted: 0, discarded: 0 };
  try {
    const present = await volume.listAssets();
    for (const { assetId } of index.assetsOfDisk(diskId)) {
      if (present.delete(assetId)) continue;
      index.remove(assetId);
      counts.vanished += 1;
    }
    for (const assetId of present) {
      if (await adopt(index, volume, assetId, options)) counts.adopted += 1;
      else {
        await volume.removeAsset(assetId);
        counts.discarded += 1;
      }
    }
  } catch (error) {
    if (volume.failure === undefined) throw error;
  }
  options.log('store.disk.reconciled', { diskId, ...counts });
}

/** Takes a file that the index does not know back in, if its sidecar vouches for it and another name does not. */
async function adopt(
  index: AssetIndex,
  volume: Volume,
  assetId: AssetId,
  { platform }: OpenStoreOptions,
): Promise<boolean> {
  const sidecar = parseSidecar(await volume.readSidecar(assetId));
  const isWhole = sidecar && (await volume.statAsset(assetId)) === sidecar.sizeBytes;
  if (!isWhole || index.asset(assetId)) return false;
  const names = sidecar.names.filter(
    (name) => (index.fetchedAt(name.titleId, name.file) ?? -1) < name.fetchedAt,
  );
  if (names.length === 0) return false;
  const { diskId, tier } = volume.disk;
  index.add({ assetId, diskId, tier, sizeBytes: sidecar.sizeBytes }, platform.clock.now());
  for (const name of names) {
    const loser = index.bind(assetId, name);
    if (loser && index.namesOf(loser).length === 0) index.remove(loser);
  }
  return true;
}
