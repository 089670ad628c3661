import type { SiteId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { OcaReport, ScrubReport } from '#protocol/oca-report.ts';
import type { RemovalReason } from '../store/intake.ts';
import type { ReconcileProgress } from '../store/reconcile.ts';
import type { DiskDetails } from '../store/store-reports.ts';
import type { UpkeepStatus } from '../upkeep/upkeep.ts';

/** What `GET /status` on the management address says: the report of this moment, and what only the operator asks. */
export interface AgentStatus extends Omit<OcaReport, 'version' | 'sequence' | 'sentAt' | 'disks'> {
  readonly siteId: SiteId;
  readonly softwareVersion: string;
  readonly startedAt: EpochMs;
  readonly asOf: EpochMs;
  readonly deliveryUrl: string;
  readonly controlUrl: string;
  readonly isRegistered: boolean;
  /** Where misses are fetched; absent until the first registration. */
  readonly cloudFrontUrl?: string;
  readonly disks: readonly DiskDetails[];
  readonly scrub: ScrubStatus;
  /** How far index and disks have been brought in line since the start. */
  readonly reconciliation: readonly ReconcileProgress[];
  /** What the work on the store that nobody waits for is at. */
  readonly upkeep: readonly UpkeepStatus[];
  /** Since the agent's start. */
  readonly moved: { readonly toFlash: number; readonly toHdd: number };
  readonly removed: Readonly<Record<RemovalReason, number>>;
  /** Since the agent's start: requests that the log does not tell of. */
  readonly deliveryLog: { readonly droppedLines: number };
}

export interface ScrubStatus extends ScrubReport {
  /** The operator has ordered this round. */
  readonly isUrgent: boolean;
}
