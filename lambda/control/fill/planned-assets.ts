import type { AssetId, OcaId, TitleId } from '#domain/ids.ts';
import type { DsseEnvelope } from '#protocol/dsse.ts';
import type { FillPlan } from '#protocol/fill-plan.ts';
import type { PlanStore } from '../../shared/stores/plan-store.ts';

/** The titles that an asset belongs to in one OCA's plan; an asset that is not in the plan is absent. */
export type PlannedAssets = ReadonlyMap<AssetId, readonly TitleId[]>;

/** Plans that one instance keeps. *Assumption:* agents of a few sites ask at a time, within one fill window. */
const PLANS_MAX = 20;

/** Reads what an OCA is to hold from the plan in force; reads the plan again only when it changed. */
export function plannedAssetsReader(plans: PlanStore): (ocaId: OcaId) => Promise<PlannedAssets> {
  const kept = new Map<OcaId, { etag: string; assets: PlannedAssets }>();
  return async (ocaId) => {
    const known = kept.get(ocaId);
    const stored = await plans.read(ocaId, known?.etag);
    if (stored === undefined) return new Map();
    if (stored === 'not-modified') return known?.assets ?? new Map();
    const assets = assetsOf(stored.text);
    if (kept.size >= PLANS_MAX) kept.clear();
    kept.set(ocaId, { etag: stored.etag, assets });
    return assets;
  };
}

/** The plan is our own writing, from a bucket that nobody else writes to: it needs no second check here. */
function assetsOf(text: string): PlannedAssets {
  const envelope = JSON.parse(text) as DsseEnvelope;
  const plan = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as FillPlan;
  const titles = new Map<AssetId, TitleId[]>();
  for (const { assetId, titleId } of plan.items) {
    const known = titles.get(assetId);
    if (!known) titles.set(assetId, [titleId]);
    else if (!known.includes(titleId)) known.push(titleId);
  }
  return titles;
}
