import { join } from 'node:path';
import type { DiskId } from '#domain/ids.ts';
import type { FileSystem } from '../platform/file-system.ts';
import { type DiskMarker, MARKER_NAME, MARKER_VERSION, parseMarker } from './disk-marker.ts';

/** What lies at a disk's path. */
export type DiskSight =
  | { readonly kind: 'ours'; readonly marker: DiskMarker }
  /** Empty, and good to be taken into use. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'absent' | 'foreign' | 'newer'; readonly reason: string };

/** What a new filesystem brings along, and what an interrupted writing of the marker leaves. */
const BLANK_NAMES = new Set(['lost+found', '.snap', `${MARKER_NAME}.new`]);

/** Looks at a disk's path and changes nothing. @throws what the system says. */
export async function sightDisk(
  files: FileSystem,
  { diskId, path }: { readonly diskId: DiskId; readonly path: string },
  requiresMountPoint: boolean,
): Promise<DiskSight> {
  const status = await files.stat(path);
  if (status?.kind !== 'folder') return { kind: 'absent', reason: 'the folder is missing' };
  if (requiresMountPoint) {
    const parent = await files.stat(`${path}/..`);
    if (parent?.device === status.device) return { kind: 'absent', reason: 'not mounted' };
  }
  const text = await files.readText(join(path, MARKER_NAME));
  if (text === undefined) return sightUnmarked(files, path);
  const marker = parseMarker(text);
  if (!marker) return { kind: 'foreign', reason: `${MARKER_NAME} cannot be read` };
  if (marker.diskId !== diskId)
    return { kind: 'foreign', reason: `its marker names disk ${marker.diskId}` };
  if (marker.version > MARKER_VERSION)
    return { kind: 'newer', reason: `written by a newer version: ${marker.version}` };
  return { kind: 'ours', marker };
}

async function sightUnmarked(files: FileSystem, path: string): Promise<DiskSight> {
  const names = (await files.list(path)).filter((name) => !BLANK_NAMES.has(name));
  if (names.length === 0) return { kind: 'blank' };
  return { kind: 'foreign', reason: `no marker, and not empty: ${names.slice(0, 3).join(', ')}` };
}

/** Why the medium that is seen cannot be used as this disk. */
export function describeSight(sight: DiskSight, diskId: DiskId): string {
  if (sight.kind === 'blank')
    return `blank disk mounted: \`oca disks replace ${diskId}\` takes it into use`;
  if (sight.kind === 'ours') return 'its own medium is mounted';
  if (sight.kind === 'absent') return `pulled or unmounted: ${sight.reason}`;
  return sight.kind === 'foreign'
    ? `foreign disk mounted: ${sight.reason}`
    : `store-newer: ${sight.reason}`;
}
