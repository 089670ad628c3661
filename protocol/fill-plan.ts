import type { OcaId, TitleId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import {
  type Decoder,
  decodeJson,
  integer,
  list,
  literal,
  object,
  optional,
  text,
} from './decode.ts';
import { type DsseEnvelope, openEnvelope, signEnvelope } from './dsse.ts';
import {
  assetId,
  etag,
  file,
  instant,
  ocaId,
  sizeBytes,
  type Tier,
  tier,
  titleId,
} from './fields.ts';
import type { Asset } from './title-catalog.ts';

/**
 * `GET /v1/ocas/<id>/plan`: everything that one OCA is to hold, in the order in which it is to be fetched. What it
 * holds and the plan does not name may be evicted. Sources are not in it: the agent asks for them when it needs them.
 */
export interface FillPlan {
  readonly version: 1;
  readonly ocaId: OcaId;
  /** Grows with every plan of this OCA; an agent never goes back. */
  readonly planVersion: number;
  readonly issuedAt: EpochMs;
  /** No new transfer begins after this; what is held is still served. */
  readonly expiresAt: EpochMs;
  readonly window: { readonly startsAt: EpochMs; readonly endsAt: EpochMs };
  readonly items: readonly FillPlanItem[];
}

export interface FillPlanItem extends Asset {
  readonly titleId: TitleId;
  readonly tier: Tier;
  /** Expected plays-equivalent; the larger, the earlier. */
  readonly priority: number;
  /** When the licence to hold it here ends: it is then the first to be evicted. Absent: it does not end. */
  readonly availableUntil?: EpochMs;
}

export const FILL_PLAN_TYPE = 'application/vnd.distributary.fill-plan+json;version=1';

export const fillPlan: Decoder<FillPlan> = object({
  version: literal(1),
  ocaId,
  planVersion: integer({ min: 1 }),
  issuedAt: instant,
  expiresAt: instant,
  window: object({ startsAt: instant, endsAt: instant }),
  items: list(
    object({
      assetId,
      titleId,
      file,
      sizeBytes,
      contentType: text({ lengthMax: 128 }),
      etag,
      tier,
      priority: integer(),
      availableUntil: optional(instant),
    }),
    { lengthMax: 2_000_000 },
  ),
});

export type PlanVerdict =
  | { ok: true; plan: FillPlan }
  | {
      ok: false;
      refusal:
        | 'plan-signature'
        | 'plan-audience'
        | 'plan-expired'
        | 'plan-rollback'
        | 'message-invalid';
    };

export const signFillPlan = (
  plan: FillPlan,
  key: { readonly kid: string; readonly privateKey: CryptoKey },
): Promise<DsseEnvelope> => signEnvelope(FILL_PLAN_TYPE, JSON.stringify(plan), key);

/** Opens a plan and refuses what is forged, foreign, expired or older than `planVersionInForce`. */
export async function acceptFillPlan(
  envelope: DsseEnvelope,
  rules: {
    readonly trustedKeys: ReadonlyMap<string, CryptoKey>;
    readonly ocaId: OcaId;
    readonly planVersionInForce: number;
    readonly now: EpochMs;
  },
): Promise<PlanVerdict> {
  const opened = await openEnvelope(envelope, FILL_PLAN_TYPE, rules.trustedKeys);
  if (!opened.ok) return { ok: false, refusal: 'plan-signature' };
  const decoded = decodeJson(fillPlan, opened.payload);
  if (!decoded.ok) return { ok: false, refusal: 'message-invalid' };
  const plan = decoded.value;
  if (plan.ocaId !== rules.ocaId) return { ok: false, refusal: 'plan-audience' };
  if (plan.planVersion < rules.planVersionInForce) return { ok: false, refusal: 'plan-rollback' };
  if (plan.expiresAt <= rules.now) return { ok: false, refusal: 'plan-expired' };
  return { ok: true, plan };
}
