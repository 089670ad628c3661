import type { Clock } from '#domain/clock.ts';
import { CdnError, type ErrorCode } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { errnoOf, type FileSystem } from '../platform/file-system.ts';
import { answerInTime } from './answer-in-time.ts';
import { type DiskSight, describeSight, sightDisk } from './sight-disk.ts';

interface PlacedDisk {
  readonly diskId: DiskId;
  readonly path: string;
}

export interface InspectOptions {
  readonly requireMountPoints: boolean;
  /** Disks that were in use before: without one of them the agent starts all the same. */
  readonly knownDiskIds: ReadonlySet<DiskId>;
  readonly clock: Clock;
}

/** Why the agent must not start with a disk. */
export interface DiskRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Looks at all disks before any is touched. One that does not answer is no reason not to start. @throws CdnError `disk-foreign`, `store-newer`, `folder-unwritable`,
 * `config-invalid` with every disk that must not be used as it is.
 */
export async function inspectDisks(
  files: FileSystem,
  disks: readonly PlacedDisk[],
  options: InspectOptions,
): Promise<void> {
  const { requireMountPoints, clock } = options;
  const [found, shared] = await Promise.all([
    Promise.all(disks.map((disk) => refusalOf(files, disk, options))),
    requireMountPoints ? sharedFilesystems(files, disks, clock) : [],
  ]);
  const refusals = [...found.filter((refusal) => refusal !== undefined), ...shared];
  const [first] = refusals;
  if (first) throw new CdnError(first.code, refusals.map(({ message }) => message).join('; '));
}

/** Undefined for a disk that may be used, and for one that was in use and has gone. */
async function refusalOf(
  files: FileSystem,
  disk: PlacedDisk,
  { requireMountPoints, knownDiskIds, clock }: InspectOptions,
): Promise<DiskRefusal | undefined> {
  const isKnown = knownDiskIds.has(disk.diskId);
  const refuse = (code: ErrorCode, why: string): DiskRefusal => ({
    code,
    message: `disk ${disk.diskId}, ${disk.path}: ${why}`,
  });
  try {
    const sight = await answerInTime(clock, sightDisk(files, disk, requireMountPoints));
    const code = sight && REFUSED_AS[sight.kind];
    if (!code || (sight.kind === 'absent' && isKnown)) return undefined;
    return refuse(code, describeSight(sight, disk.diskId));
  } catch (error) {
    // A disk that fails is no fault of the configuration: the agent starts without it.
    const errno = errnoOf(error);
    return errno === 'EACCES' || errno === 'EPERM' ? refuse('folder-unwritable', errno) : undefined;
  }
}

const REFUSED_AS: Readonly<Record<DiskSight['kind'], ErrorCode | undefined>> = {
  ours: undefined,
  blank: undefined,
  absent: 'config-invalid',
  foreign: 'disk-foreign',
  newer: 'store-newer',
};

/** Two disks of the configuration on one filesystem would count its room twice. */
export async function sharedFilesystems(
  files: FileSystem,
  disks: readonly PlacedDisk[],
  clock: Clock,
): Promise<DiskRefusal[]> {
  const holders = new Map<number, DiskId>();
  const refusals: DiskRefusal[] = [];
  const devices = await Promise.all(
    disks.map(({ path }) => answerInTime(clock, deviceOfMount(files, path)).catch(() => undefined)),
  );
  for (const [place, { diskId }] of disks.entries()) {
    const device = devices[place];
    if (device === undefined) continue;
    const other = holders.get(device);
    if (other === undefined) holders.set(device, diskId);
    else
      refusals.push({
        code: 'config-invalid',
        message: `disks ${other} and ${diskId} are on one filesystem`,
      });
  }
  return refusals;
}

async function deviceOfMount(files: FileSystem, path: string): Promise<number | undefined> {
  const [status, parent] = [await files.stat(path), await files.stat(`${path}/..`)];
  return status?.device === parent?.device ? undefined : status?.device;
}
