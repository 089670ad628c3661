import type { OcaId, SiteId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { DesiredState } from './oca-registration.ts';
import type { OcaReport, OcaState } from './oca-report.ts';
import type { SiteKind } from './site.ts';

/** `GET /v1/ocas` (operators): every declared OCA as the control plane sees it now. */
export interface FleetView {
  readonly asOf: EpochMs;
  readonly ocas: readonly OcaView[];
}

export interface OcaView {
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
  readonly siteName: string;
  readonly siteKind: SiteKind;
  readonly desiredState: DesiredState;
  /** The judgement that steering acts on, and why. */
  readonly state: OcaState;
  readonly reasons: readonly string[];
  /** Absent until the OCA has registered, or reported, once. */
  readonly deliveryUrl?: string;
  readonly reportedAt?: EpochMs;
  readonly report?: OcaReport;
}
