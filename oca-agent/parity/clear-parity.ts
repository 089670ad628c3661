import { join } from 'node:path';
import type { DiskId } from '#domain/ids.ts';
import type { Log } from '../log.ts';
import type { FileSystem } from '../platform/file-system.ts';
import type { Volume } from '../store/volume.ts';

/**
 * Parity is off, and may have been on before: its files, what was retired for it and its catalogue are removed. Never
 * rejects; what cannot be removed now, a later start removes.
 */
export async function clearParity(options: {
  readonly volumes: ReadonlyMap<DiskId, Volume>;
  readonly fileSystem: FileSystem;
  readonly stateDirectory: string;
  readonly log: Log;
}): Promise<void> {
  const { volumes, fileSystem, stateDirectory, log } = options;
  for (const volume of volumes.values()) {
    const removed = await clearDisk(volume).catch(() => 0);
    if (removed > 0) log('parity.disk.cleared', { diskId: volume.disk.diskId, removed });
  }
  for (const ending of ['', '-wal', '-shm'])
    await fileSystem.remove(join(stateDirectory, `parity.db${ending}`)).catch(() => undefined);
}

/** Returns how many files went. */
async function clearDisk(volume: Volume): Promise<number> {
  if (!volume.isReadable) return 0;
  const names = await volume.listParity();
  const retired = await volume.listRetired();
  for (const name of names) await volume.removeParity(name);
  for (const assetId of retired) await volume.removeRetired(assetId);
  return names.length + retired.length;
}
