import type { DiskId } from '#domain/ids.ts';
import { inspectDisks } from '../disks/inspect-disks.ts';
import type { Log } from '../log.ts';
import type { Platform } from '../platform/platform.ts';
import { type DiskSettings, Volume } from './volume.ts';

export interface MountOptions {
  readonly platform: Pick<Platform, 'clock' | 'fileSystem'>;
  readonly disks: readonly DiskSettings[];
  /** Disks that were in use before: they must bring their marker. */
  readonly knownDiskIds: ReadonlySet<DiskId>;
  /** Each disk must be the root of a filesystem. Absent: folders will do. */
  readonly requireMountPoints?: boolean;
  readonly log: Log;
}

/** What the store does when a disk goes or comes. */
export interface DiskNews {
  readonly onFailure: (volume: Volume) => void;
  readonly onReturned: (volume: Volume) => void;
  readonly onReplaced: (volume: Volume) => void;
}

/**
 * Takes the configured disks into use, all at a time: one that hangs holds up nobody for long. @throws CdnError
 * `disk-foreign`, `store-newer`, `config-invalid`, `folder-unwritable` before anything has been touched.
 */
export async function mountVolumes(
  options: MountOptions,
  news: DiskNews,
): Promise<Map<DiskId, Volume>> {
  const { platform, disks, knownDiskIds, requireMountPoints = false } = options;
  const { fileSystem, clock } = platform;
  await inspectDisks(fileSystem, disks, { requireMountPoints, knownDiskIds, clock });
  const volumes = new Map(
    disks.map((disk) => [disk.diskId, newVolume(disk, options, news)] as const),
  );
  await Promise.all([...volumes].map(([diskId, volume]) => volume.mount(knownDiskIds.has(diskId))));
  return volumes;
}

function newVolume(disk: DiskSettings, options: MountOptions, news: DiskNews): Volume {
  const { diskId } = disk;
  const { log, platform } = options;
  const volume: Volume = new Volume({
    disk,
    files: platform.fileSystem,
    clock: platform.clock,
    requiresMountPoint: options.requireMountPoints ?? false,
    onFailure(reason) {
      log('store.disk.failed', { diskId, reason });
      news.onFailure(volume);
    },
    onChange: ({ state, reason }) =>
      log('store.disk.state', { diskId, state, ...(reason === undefined ? {} : { reason }) }),
    onReturned() {
      log('store.disk.returned', { diskId });
      news.onReturned(volume);
    },
    onReplaced() {
      log('store.disk.replaced', { diskId });
      news.onReplaced(volume);
    },
  });
  return volume;
}
