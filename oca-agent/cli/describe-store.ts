import type { TierReport } from '#protocol/oca-report.ts';
import type { AgentStatus } from '../management/agent-status.ts';
import type { DiskDetails } from '../store/store-reports.ts';
import { duration, lines, size } from './quantities.ts';

/** The store's part of `oca status`: what is well in one line each, what is not with its reason. */
export const storeLines = (status: AgentStatus): string[] => [
  ...status.tiers.map(describeTier),
  ...status.disks.map((disk) => `disk       ${describeDisk(disk)}`),
  ...reconciliationLines(status),
  ...parityLines(status),
  `scrub      ${scrubProgress(status)}`,
  ...upkeepLines(status),
];

const describeTier = ({ tier, assetCount, usedBytes, usableBytes, capacityBytes }: TierReport) =>
  `tier       ${tier}: ${assetCount} assets, ${size(usedBytes)} of ${size(usableBytes ?? capacityBytes)} usable (${size(capacityBytes)} raw)`;

function describeDisk(disk: DiskDetails) {
  const { diskId, tier, state, reason, usedBytes, capacityBytes } = disk;
  const trouble = state === 'healthy' ? '' : `${state.toUpperCase()}, ${reason}; `;
  const full = disk.isFull ? `FULL, ${NO_ROOM}; ` : '';
  return `${diskId} (${tier}): ${trouble}${full}${size(usedBytes)} of ${size(capacityBytes)}`;
}

const NO_ROOM = 'its filesystem has no room left';

/** While index and disks are being brought in line. */
const reconciliationLines = ({ reconciliation }: AgentStatus): string[] =>
  reconciliation
    .filter(({ shardsDone, shardsTotal }) => shardsDone < shardsTotal)
    .map(
      ({ diskId, shardsDone, shardsTotal, vanished, adopted }) =>
        `index      ${diskId}: ${Math.floor((100 * shardsDone) / shardsTotal)} % looked through, ${vanished} vanished, ${adopted} adopted`,
    );

function parityLines({ parity }: AgentStatus): string[] {
  if (!parity) return ['parity     off'];
  const { dataFiles, parityFiles, protectedAssets, unprotectedAssets, parityBytes } = parity;
  const reconstructed =
    parity.reconstructedAssets === 0
      ? []
      : [`${parity.reconstructedAssets} TOLD FROM PARITY until they are repaired`];
  const parts = [
    `${dataFiles} + ${parityFiles}`,
    `${protectedAssets} assets protected`,
    `${unprotectedAssets} not yet`,
    ...reconstructed,
    size(parityBytes),
  ];
  return [`parity     ${parts.join(', ')}`];
}

function scrubProgress({ scrub, asOf }: AgentStatus): string {
  const { startedAt, completedAt, verifiedBytes, totalBytes, repairedAssets, lostAssets } = scrub;
  const percent = totalBytes === 0 ? 100 : Math.floor((verifiedBytes / totalBytes) * 100);
  const round =
    startedAt === undefined
      ? 'no round yet'
      : `${percent} % (${size(verifiedBytes)} of ${size(totalBytes)}) in ${duration(asOf - startedAt)}`;
  const completed =
    completedAt === undefined ? [] : [`last completed ${duration(asOf - completedAt)} ago`];
  const lost = lostAssets === 0 ? [] : [`${lostAssets} LOST, to be filled again`];
  return [round, ...completed, `${repairedAssets} repaired`, ...lost].join(', ');
}

function upkeepLines({ upkeep, asOf }: AgentStatus): string[] {
  const told = upkeep.filter(({ state }) => state !== 'idle');
  return told.map(({ task, state, since, reason }) => {
    const trouble = state === 'failing' ? `FAILING, ${reason}, for` : 'working for';
    return `upkeep     ${task}: ${trouble} ${duration(asOf - since)}`;
  });
}

/** `oca scrub`. */
export const describeScrub = (status: AgentStatus): string => `scrub ${scrubProgress(status)}\n`;

/** `oca disks`: a table, and below it what is wrong. */
export function describeDisks({ disks, asOf }: AgentStatus): string {
  const head = ['disk', 'tier', 'state', 'since', 'used', 'free', 'in flight'];
  const rows = disks.map(({ since, ...disk }) => [
    disk.diskId,
    disk.tier,
    disk.state,
    since === undefined ? '' : duration(asOf - since),
    size(disk.usedBytes),
    size(Math.max(0, disk.usableBytes - disk.usedBytes)),
    `${disk.inFlight} + ${disk.queued}`,
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const table = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const reasons = disks.flatMap(({ diskId, state, reason, isFull }) => [
    ...(state === 'healthy' ? [] : [`${diskId} ${state}: ${reason}`]),
    ...(isFull ? [`${diskId} full: ${NO_ROOM}`] : []),
  ]);
  return lines([...table, ...reasons]);
}
