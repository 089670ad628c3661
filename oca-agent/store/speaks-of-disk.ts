import { errorCodeOf } from '#domain/errors.ts';
import type { Volume } from './volume.ts';

/**
 * Whether a read failed for the disk's sake: it is out of use, or does not answer now, which says nothing of one file. Else it
 * is the file that cannot be had, from a disk that works: it has gone, or lies on a bad sector.
 */
export const speaksOfDisk = (volume: Volume | undefined, error: unknown): boolean =>
  volume === undefined || !volume.isReadable || errorCodeOf(error) === 'disk-busy';
