import type { DiskVitals } from '#domain/disks/judge-health.ts';
import type { DiskId } from '#domain/ids.ts';
import { type EpochMs, elapsed, epochMs, seconds } from '#domain/units.ts';

/**
 * What the unit oca-health writes as root, for the agent has no way to the devices:
 *
 *     {"version":1,"writtenAt":<Unix seconds>,"disks":[{"path":"/srv/oca/…","smartctl":{…},"nvme":{…}}]}
 *
 * `smartctl`: the output of `smartctl -j -a`; `nvme`: that of `nvme smart-log -o json`; each may be missing or null.
 */
export interface DiskHealth {
  readonly writtenAt: EpochMs | undefined;
  /** By the disk's path in the agent's configuration. */
  readonly vitalsByPath: ReadonlyMap<string, DiskVitals>;
}

/** The unit oca-health writes every five minutes. */
const HEALTH_AGE_MAX = seconds(3600);

/** Why an account of the disks' health cannot be relied on; undefined when it can. */
export function healthTrouble(
  health: DiskHealth | undefined,
  disks: readonly { readonly diskId: DiskId; readonly path: string }[],
  now: EpochMs,
): string | undefined {
  if (!health) return 'missing, or not what oca-health writes';
  const { writtenAt, vitalsByPath } = health;
  if (writtenAt !== undefined && elapsed(writtenAt, now) > HEALTH_AGE_MAX)
    return `written at ${new Date(writtenAt).toISOString()}, more than an hour ago`;
  const untold = disks.filter(({ path }) => !vitalsByPath.has(path));
  return untold.length === 0
    ? undefined
    : `nothing of ${untold.map(({ diskId }) => diskId).join(', ')}`;
}

/** Undefined for what is no such file. What a disk does not tell is left out. */
export function parseDiskHealth(text: string): DiskHealth | undefined {
  const file = parsed(text);
  const disks = at(file, 'disks');
  if (at(file, 'version') !== 1 || !Array.isArray(disks)) return undefined;
  const vitalsByPath = new Map<string, DiskVitals>();
  for (const disk of disks) {
    const path = at(disk, 'path');
    if (typeof path === 'string') vitalsByPath.set(path, vitalsOf(disk));
  }
  const writtenAt = number(file, 'writtenAt');
  return {
    writtenAt: writtenAt === undefined ? undefined : epochMs(writtenAt * 1000),
    vitalsByPath,
  };
}

/** Source: smartmontools 7, JSON output version 1.0; nvme-cli 1 and 2, whose names and whose kelvins differ. */
function vitalsOf(disk: unknown): DiskVitals {
  const smartctl = at(disk, 'smartctl');
  const nvme = at(disk, 'nvme');
  const log = at(smartctl, 'nvme_smart_health_information_log');
  const isPassed = at(at(smartctl, 'smart_status'), 'passed');
  const isNvme = log !== undefined || isObject(nvme);
  const mediaErrors = number(log, 'media_errors') ?? number(nvme, 'media_errors');
  return defined({
    isPassed: typeof isPassed === 'boolean' ? isPassed : undefined,
    temperatureCelsius: isNvme ? undefined : number(at(smartctl, 'temperature'), 'current'),
    criticalWarning: number(log, 'critical_warning') ?? criticalWarning(nvme),
    availableSpare: number(log, 'available_spare') ?? number(nvme, 'avail_spare'),
    spareThreshold: number(log, 'available_spare_threshold') ?? number(nvme, 'spare_thresh'),
    percentageUsed: number(log, 'percentage_used') ?? number(nvme, 'percent_used'),
    errorCounts: {
      ...ataErrorCounts(smartctl),
      ...(mediaErrors === undefined ? {} : { 'media errors': mediaErrors }),
    },
  });
}

/** nvme-cli 2 may tell the bits one by one, with all of them as `value`. */
const criticalWarning = (nvme: unknown): number | undefined =>
  number(nvme, 'critical_warning') ?? number(at(nvme, 'critical_warning'), 'value');

/** Attributes that foretell a failure. Source: research "appliance", section 3.3. */
const ATA_ERROR_ATTRIBUTES: ReadonlyMap<unknown, string> = new Map([
  [5, 'reallocated sectors'],
  [187, 'uncorrectable errors'],
  [188, 'command timeouts'],
  [197, 'pending sectors'],
  [198, 'offline uncorrectable sectors'],
]);

function ataErrorCounts(smartctl: unknown): Record<string, number> {
  const table = at(at(smartctl, 'ata_smart_attributes'), 'table');
  if (!Array.isArray(table)) return {};
  return Object.fromEntries(
    table.flatMap((attribute) => {
      const name = ATA_ERROR_ATTRIBUTES.get(at(attribute, 'id'));
      const count = number(at(attribute, 'raw'), 'value');
      return name === undefined || count === undefined ? [] : [[name, count]];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const at = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);

function number(value: unknown, key: string): number | undefined {
  const found = at(value, key);
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : undefined;
}

type Partly<T> = { readonly [Key in keyof T]: T[Key] | undefined };

const defined = <T extends object>(fields: Partly<T>): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
