import type { OcaId, SiteId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import { type Decoder, list, literal, object, optional, text } from './decode.ts';
import { httpUrl, instant, ocaId, siteId } from './fields.ts';
import { type DesiredState, desiredState } from './oca-registration.ts';
import { type OcaReport, type OcaState, ocaReport } from './oca-report.ts';
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

export const fleetView: Decoder<FleetView> = object({
  asOf: instant,
  ocas: list(
    object({
      ocaId,
      siteId,
      siteName: text({ lengthMax: 128 }),
      siteKind: literal('isp', 'ixp', 'mec'),
      desiredState,
      state: literal('in-service', 'draining', 'out-of-service'),
      reasons: list(text({ lengthMax: 256 }), { lengthMax: 100 }),
      deliveryUrl: optional(httpUrl),
      reportedAt: optional(instant),
      report: optional(ocaReport),
    }),
  ),
});
