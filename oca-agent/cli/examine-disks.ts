import type { AgentConfig } from '../config/agent-config.ts';
import { answerInTime } from '../disks/answer-in-time.ts';
import { healthTrouble, parseDiskHealth } from '../disks/disk-health-file.ts';
import { sharedFilesystems } from '../disks/inspect-disks.ts';
import { describeSight, sightDisk } from '../disks/sight-disk.ts';
import { threadsNeeded } from '../disks/thread-budget.ts';
import { failureFacts } from '../log.ts';
import type { Platform } from '../platform/platform.ts';
import type { DiskSettings } from '../store/volume.ts';
import type { Finding } from './finding.ts';

type Reach = Pick<Platform, 'fileSystem' | 'fileThreads' | 'clock'>;

/** Every disk by itself, then all of them together. */
export async function examineDisks(config: AgentConfig, platform: Reach): Promise<Finding[]> {
  const { disks, requireMountPoints } = config;
  const { fileSystem, clock } = platform;
  const found = await Promise.all(
    disks.map(async (disk): Promise<Finding> => {
      const { diskId, path } = disk;
      const fault = (why: string): Finding => ({
        check: `disk ${diskId}`,
        verdict: 'fault',
        detail: `${path}: ${why}`,
      });
      const examined = examineDisk(disk, requireMountPoints, platform);
      return answerInTime(clock, examined).then(
        (finding) => finding ?? fault('it does not answer'),
        (error) => fault(failureFacts(error).message),
      );
    }),
  );
  const shared = requireMountPoints ? await sharedFilesystems(fileSystem, disks, clock) : [];
  return [
    ...found,
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
  const trouble = healthTrouble(health, disks, clock.now());
  return trouble === undefined
    ? finding('ok', `${disks.length} disks`)
    : finding('warning', trouble);
}
