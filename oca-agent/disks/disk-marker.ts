import { join } from 'node:path';
import { type DiskId, isDiskId } from '#domain/ids.ts';
import { type FileSystem, replaceText } from '../platform/file-system.ts';

/** The file that says which disk this is, so that an empty mount point is never taken for it. */
export const MARKER_NAME = '.oca-disk';
export const MARKER_VERSION = 2;

export interface DiskMarker {
  readonly version: number;
  readonly diskId: DiskId;
  /** New with each medium. Version 1 had none. */
  readonly diskUuid?: string;
}

/** Undefined for what is no marker of ours, of whatever version. */
export function parseMarker(text: string): DiskMarker | undefined {
  try {
    const { version, diskId, diskUuid } = JSON.parse(text);
    if (!Number.isInteger(version) || version < 1) return undefined;
    if (typeof diskId !== 'string' || !isDiskId(diskId)) return undefined;
    return { version, diskId, ...(typeof diskUuid === 'string' ? { diskUuid } : {}) };
  } catch {
    return undefined;
  }
}

/** Writes it so that it survives a power cut. */
export async function writeMarker(
  files: FileSystem,
  folder: string,
  { diskId, diskUuid }: { readonly diskId: DiskId; readonly diskUuid: string },
): Promise<void> {
  const marker = { version: MARKER_VERSION, diskId, diskUuid };
  await replaceText(files, join(folder, MARKER_NAME), `${JSON.stringify(marker)}\n`);
  await files.syncFolder(folder);
}
