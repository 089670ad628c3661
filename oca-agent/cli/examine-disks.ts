import { elapsed, seconds } from '#domain/units.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { parseDiskHealth } from '../disks/disk-health-file.ts';
import { sharedFilesystems } from '../disks/inspect-disks.ts';
import { describeSight, sightDisk } from '../disks/sight-disk.ts';
import { threadsNeeded } from '../disks/thread-budget.ts';
import { failureFacts } from '../log.ts';
import type { Platform } from '../platform/platform.ts';
import type { DiskSettings } from '../store/volume.ts';
import type { Finding } from './finding.ts';

type Reach = Pick<Platform, 'fileSystem' | 'fileThreads' | 'clock'>;

/** The unit oca-health writes every few minutes. */
const HEALTH_AGE_MAX = seconds(86_400);

/** Every disk by itself, then all of them together. */
export async function examineDisks(config: AgentConfig, platform: Reach): Promise<Finding[]> {
  const { disks, requireMountPoints } = config;
  const { fileSystem } = platform;
  const each = await Promise.all(
    disks.map((disk) =>
      examineDisk(disk, requireMountPoints, platform).catch((error): Finding => {
        const detail = `${disk.path}: ${failureFacts(error).message}`;
        return { check: `disk ${disk.diskId}`, verdict: 'fault', detail };
      }),
    ),
  );
  const shared = requireMountPoints ? await sharedFilesystems(fileSystem, disks) : [];
  return [
    ...each,
    ...shared.map(
      ({ message }): Finding => ({ check: 'disks', verdict: 'fault', detail: message }),
    ),
  ];
}

async function examineDisk(
  disk: DiskSettings,
  requireMountPoints: boolean,
  { fileSystem }: Reach,
): Promise<Finding> {
  const { diskId, path } = disk;
  const finding = (verdict: Finding['verdict'], detail: string): Finding => ({
    check: `disk ${diskId}`,
    verdict,
    detail: `${path}: ${detail}`,
  });
  const sight = await sightDisk(fileSystem, disk, requireMountPoints);
  if (sight.kind !== 'ours' && sight.kind !== 'blank')
    return finding('fault', describeSight(sight, diskId));
  if (!(await fileSystem.isWritable(path))) return finding('fault', 'not writable');
  const freeBytes = await fileSystem.freeBytes(path);
  if (sight.kind === 'ours') return finding('ok', `in use, ${freeBytes} bytes free`);
  return freeBytes < disk.capacityBytes
    ? finding('warning', `${freeBytes} of ${disk.capacityBytes} declared bytes are free`)
    : finding('ok', `new, ${freeBytes} bytes free`);
}

/** With fewer, disks that hang can take all of them. */
export function examineThreads({ disks }: AgentConfig, { fileThreads }: Reach): Finding {
  const check = 'file threads';
  const needed = threadsNeeded(disks);
  return fileThreads < needed
    ? {
        check,
        verdict: 'warning',
        detail: `UV_THREADPOOL_SIZE is ${fileThreads}, these disks need ${needed}`,
      }
    : { check, verdict: 'ok', detail: `${fileThreads}, of which these disks need ${needed}` };
}

/** Nothing where no file is configured. */
export async function examineDiskHealth(
  { diskHealthFile, disks }: AgentConfig,
  { fileSystem, clock }: Reach,
): Promise<Finding[]> {
  if (diskHealthFile === undefined) return [];
  const finding = (verdict: Finding['verdict'], detail: string): Finding[] => [
    { check: 'disk health', verdict, detail: `${diskHealthFile}: ${detail}` },
  ];
  const text = await fileSystem.readText(diskHealthFile).catch(() => undefined);
  const health = text === undefined ? undefined : parseDiskHealth(text);
  if (!health) return finding('warning', 'missing, or not what oca-health writes');
  const { writtenAt, vitalsByPath } = health;
  if (writtenAt !== undefined && elapsed(writtenAt, clock.now()) > HEALTH_AGE_MAX)
    return finding('warning', `written at ${new Date(writtenAt).toISOString()}, a day ago or more`);
  const untold = disks.filter(({ path }) => !vitalsByPath.has(path));
  return untold.length > 0
    ? finding('warning', `nothing of ${untold.map(({ diskId }) => diskId).join(', ')}`)
    : finding('ok', `${disks.length} disks`);
}
