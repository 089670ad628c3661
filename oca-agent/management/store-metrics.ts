import { DISK_STATES } from '#domain/disks/disk-state.ts';
import { epochMs } from '#domain/units.ts';
import type { DiskDetails } from '../store/store-reports.ts';
import type { AgentStatus } from './agent-status.ts';
import { counter, type Family, gauge } from './metric-family.ts';

/** What the store holds, and what is done to it. */
export const storeFamilies = (status: AgentStatus): Family[] => [
  ...diskFamilies(status),
  ...tierFamilies(status),
  ...parityFamilies(status),
  ...scrubFamilies(status),
  {
    name: 'oca_assets_removed_total',
    kind: 'counter',
    help: 'Assets that are held no longer, by reason.',
    samples: Object.entries(status.removed).map(([reason, count]) => [{ reason }, count]),
  },
  {
    name: 'oca_assets_moved_total',
    kind: 'counter',
    help: 'Assets that changed their tier.',
    samples: [
      [{ to: 'flash' }, status.moved.toFlash],
      [{ to: 'hdd' }, status.moved.toHdd],
    ],
  },
  {
    name: 'oca_upkeep_failing',
    kind: 'gauge',
    help: '1 while a task of the upkeep fails.',
    samples: status.upkeep.map(({ task, state }) => [{ task }, Number(state === 'failing')]),
  },
];

function diskFamilies({ disks }: AgentStatus): Family[] {
  const ofDisks = (name: string, help: string, value: (disk: DiskDetails) => number): Family => ({
    name,
    kind: 'gauge',
    help,
    samples: disks.map((disk) => [{ disk: disk.diskId, tier: disk.tier }, value(disk)]),
  });
  return [
    ofDisks('oca_disk_capacity_bytes', 'Declared size of a disk.', (disk) => disk.capacityBytes),
    ofDisks('oca_disk_usable_bytes', 'What assets may fill of it.', (disk) => disk.usableBytes),
    ofDisks('oca_disk_used_bytes', 'Bytes of assets on a disk.', (disk) => disk.usedBytes),
    ofDisks('oca_disk_overhead_bytes', 'Bytes of parity on a disk.', (disk) => disk.overheadBytes),
    ofDisks('oca_disk_in_flight', 'Operations under way on a disk.', (disk) => disk.inFlight),
    ofDisks('oca_disk_queued', 'Operations that wait for a disk.', (disk) => disk.queued),
    ofDisks('oca_disk_healthy', '1 while nothing is wrong with a disk.', ({ state }) =>
      Number(state === 'healthy'),
    ),
    {
      name: 'oca_disk_state',
      kind: 'gauge',
      help: '1 for the state that a disk is in.',
      samples: disks.flatMap((disk) =>
        DISK_STATES.map(
          (state) => [{ disk: disk.diskId, state }, Number(state === disk.state)] as const,
        ),
      ),
    },
  ];
}

const tierFamilies = ({ tiers }: AgentStatus): Family[] => [
  {
    name: 'oca_tier_assets',
    kind: 'gauge',
    help: 'Assets held on a tier.',
    samples: tiers.map(({ tier, assetCount }) => [{ tier }, assetCount]),
  },
  {
    name: 'oca_tier_usable_bytes',
    kind: 'gauge',
    help: 'What assets may fill of a tier.',
    samples: tiers.map(({ tier, usableBytes = 0 }) => [{ tier }, usableBytes]),
  },
];

function parityFamilies({ parity }: AgentStatus): Family[] {
  if (!parity) return [];
  return [
    {
      name: 'oca_parity_assets',
      kind: 'gauge',
      help: 'Assets on hdd, by what parity does for them.',
      samples: [
        [{ state: 'protected' }, parity.protectedAssets],
        [{ state: 'unprotected' }, parity.unprotectedAssets],
        [{ state: 'reconstructed' }, parity.reconstructedAssets],
      ],
    },
    gauge('oca_parity_bytes', 'Bytes of parity files.', parity.parityBytes),
  ];
}

const scrubFamilies = ({ scrub }: AgentStatus): Family[] => [
  gauge('oca_scrub_verified_bytes', 'Verified in the present round.', scrub.verifiedBytes),
  gauge('oca_scrub_total_bytes', 'What the present round is to verify.', scrub.totalBytes),
  gauge(
    'oca_scrub_completed_time_seconds',
    'When every disk had last been verified whole, Unix time; 0: never.',
    (scrub.completedAt ?? epochMs(0)) / 1000,
  ),
  counter('oca_scrub_repaired_total', 'Wrong assets that were repaired.', scrub.repairedAssets),
  counter('oca_scrub_lost_total', 'Wrong assets that were removed.', scrub.lostAssets),
];
