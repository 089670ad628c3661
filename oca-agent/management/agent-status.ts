import type { SiteId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { OcaReport } from '#protocol/oca-report.ts';

/** What `GET /status` on the management address says: the report of this moment, and what only the operator asks. */
export interface AgentStatus extends Omit<OcaReport, 'version' | 'sequence' | 'sentAt'> {
  readonly siteId: SiteId;
  readonly softwareVersion: string;
  readonly startedAt: EpochMs;
  readonly asOf: EpochMs;
  readonly deliveryUrl: string;
  readonly controlUrl: string;
  readonly isRegistered: boolean;
  /** Where misses are fetched; absent until the first registration. */
  readonly cloudFrontUrl?: string;
}
