import { type ErrorCode, errorCodeOf } from '#domain/errors.ts';

const DISK_TROUBLES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'disk-busy',
  'disk-failed',
  'disk-full',
  'disk-read-only',
]);

/** Whether a failure is one disk's, so that another may do. */
export const isDiskTrouble = (error: unknown): boolean => DISK_TROUBLES.has(errorCodeOf(error));
