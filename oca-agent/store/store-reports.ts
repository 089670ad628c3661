import { type Bytes, bytes } from '#domain/units.ts';
import { TIERS } from '#protocol/fields.ts';
import type { DiskReport, TierReport } from '#protocol/oca-report.ts';
import type { DiskLoad } from '../disks/disk-guard.ts';
import type { AssetStore } from './asset-store.ts';

/** As long as a reason may be in a report. Source: protocol/oca-report.ts. */
const REASON_LENGTH_MAX = 256;

/** What the operator sees of a disk, beyond its report. */
export interface DiskDetails extends DiskReport, DiskLoad {
  /** What assets may fill: its capacity below the watermark, less the share of parity. */
  readonly usableBytes: Bytes;
  /** What parity files and retired assets take. */
  readonly overheadBytes: Bytes;
  /** Its filesystem had no room a moment ago, whatever its declared capacity. */
  readonly isFull: boolean;
}

export function diskReports(store: AssetStore): DiskReport[] {
  return [...store.volumes].map(({ disk, state: { state, reason, since } }) => ({
    diskId: disk.diskId,
    tier: disk.tier,
    state,
    ...(reason === undefined ? {} : { reason: reason.slice(0, REASON_LENGTH_MAX) }),
    since,
    capacityBytes: disk.capacityBytes,
    usedBytes: bytes(store.index.usageOfDisk(disk.diskId).usedBytes),
  }));
}

export function diskDetails(store: AssetStore): DiskDetails[] {
  const reports = diskReports(store);
  return [...store.volumes].flatMap(({ disk, isFull, load: { inFlight, queued } }, place) => {
    const report = reports[place];
    const usableBytes = store.rooms.usableBytes(disk);
    const overheadBytes = store.protection.overheadBytes(disk.diskId);
    return report ? [{ ...report, usableBytes, overheadBytes, isFull, inFlight, queued }] : [];
  });
}

/** What the disks of each tier that have not failed add up to; tiers without a disk are left out. */
export function tierReports(store: AssetStore): TierReport[] {
  return TIERS.flatMap((tier) => {
    const volumes = [...store.volumes].filter(({ disk }) => disk.tier === tier);
    if (volumes.length === 0) return [];
    const disks = volumes
      .filter(({ state: { state } }) => state !== 'failed')
      .map(({ disk }) => disk);
    const usages = disks.map(({ diskId }) => store.index.usageOfDisk(diskId));
    return [
      {
        tier,
        capacityBytes: bytes(sum(disks.map(({ capacityBytes }) => capacityBytes))),
        usedBytes: bytes(sum(usages.map((usage) => usage.usedBytes))),
        assetCount: sum(usages.map((usage) => usage.assetCount)),
        usableBytes: bytes(sum(disks.map((disk) => store.rooms.usableBytes(disk)))),
      },
    ];
  });
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
