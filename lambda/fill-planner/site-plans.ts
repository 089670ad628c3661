import { createHash } from 'node:crypto';
import { fillWindow } from '#domain/fill/fill-window.ts';
import type { OcaId } from '#domain/ids.ts';
import {
  type PlacedAsset,
  type PlacementAsset,
  type PlacementOca,
  placeTitles,
} from '#domain/placement/place-titles.ts';
import { priorPopularity, trackShare } from '#domain/placement/prior-popularity.ts';
import { type EpochMs, epochMs, type Milliseconds } from '#domain/units.ts';
import type { FillPlan, FillPlanItem } from '#protocol/fill-plan.ts';
import type { OcaRegistration } from '#protocol/oca-registration.ts';
import type { OcaReport } from '#protocol/oca-report.ts';
import type { Site } from '#protocol/site.ts';
import type { PlanningOrder } from '../shared/planning-order.ts';
import type { StoredPlan } from '../shared/stores/plan-store.ts';
import type { TitleAsset, TitleRecord } from '../shared/stores/title-store.ts';

/** A file of a title with all that a plan says of it. */
export type PlannableAsset = PlacementAsset & TitleAsset;

/** The files of a title, each with the plays that it is expected to get. */
export function plannableAssets(
  title: TitleRecord,
  assets: readonly TitleAsset[],
  now: EpochMs,
): PlannableAsset[] {
  const plays = priorPopularity(title.publishedAt, now);
  const share = (trackId: string | undefined) => trackShare(trackId, title.tracks);
  return assets.map((asset) => ({
    ...asset,
    titleId: title.titleId,
    popularity: plays * share(asset.trackId),
  }));
}

/** What each OCA of one site is to hold. */
export function planSite(
  assets: readonly PlannableAsset[],
  registrations: readonly OcaRegistration[],
  reportById: ReadonlyMap<OcaId, OcaReport>,
): Map<OcaId, FillPlanItem[]> {
  const ocas = registrations.map((registration) =>
    placementOca(registration, reportById.get(registration.ocaId)),
  );
  const placements = placeTitles(assets, ocas);
  return new Map([...placements].map(([ocaId, placed]) => [ocaId, placed.map(planItem)]));
}

/** A plan as it would be written now, without its version. */
export function draftPlan(options: {
  readonly ocaId: OcaId;
  readonly site: Site;
  readonly items: readonly FillPlanItem[];
  readonly order: PlanningOrder;
  readonly lifetime: Milliseconds;
  readonly now: EpochMs;
}): Omit<FillPlan, 'planVersion'> {
  const { ocaId, site, items, order, lifetime, now } = options;
  const expiresAt = epochMs(now + lifetime);
  const window =
    order.window === 'now'
      ? { startsAt: now, endsAt: expiresAt }
      : fillWindow({ timeZone: site.timeZone, ...site.fill }, now);
  return {
    version: 1,
    ocaId,
    issuedAt: now,
    expiresAt: epochMs(Math.max(expiresAt, window.endsAt)),
    window: { startsAt: window.startsAt, endsAt: window.endsAt },
    items,
  };
}

/** The next version: grows with every plan, and tells people when it was made. */
export const nextPlanVersion = (stored: StoredPlan | undefined, now: EpochMs): number =>
  Math.max((stored?.planVersion ?? 0) + 1, now);

/**
 * Whether the plan in force says the same: the same items, a window that is open when the new one's would be, and a
 * good part of its life before it. "Now" does not ask that the window stay open as long as a new one would.
 */
export function isStillRight(
  stored: StoredPlan,
  draft: Omit<FillPlan, 'planVersion'>,
  lifetime: Milliseconds,
): boolean {
  const { issuedAt, window } = draft;
  const isForNow = window.startsAt === issuedAt;
  const opensInTime = stored.startsAt <= Math.max(window.startsAt, issuedAt);
  const staysOpen = isForNow ? stored.endsAt > issuedAt : stored.endsAt >= window.endsAt;
  const hasLife = stored.expiresAt - issuedAt > lifetime * REMAINING_LIFE_MIN;
  return opensInTime && staysOpen && hasLife && stored.itemsDigest === itemsDigest(draft.items);
}

/** A plan is renewed when less than this share of its life is left. *Assumption:* a night's planning may fail once. */
const REMAINING_LIFE_MIN = 0.5;

/** Tells lists of items apart. Popularity decays by the minute and is left out: it shows in the order. */
export function itemsDigest(items: readonly FillPlanItem[]): string {
  const hash = createHash('sha256');
  for (const { assetId, titleId, file, etag, tier } of items) {
    hash.update(`${assetId} ${titleId} ${file} ${etag} ${tier}\n`);
  }
  return hash.digest('hex');
}

/** Disks that the OCA reports as failed hold nothing, and read-only ones take nothing new. */
function placementOca(registration: OcaRegistration, report: OcaReport | undefined): PlacementOca {
  const lost = report?.disks.filter(({ state }) => state === 'failed' || state === 'read-only');
  const lostIds = new Set(lost?.map(({ diskId }) => diskId));
  const disks = registration.disks.filter(({ diskId }) => !lostIds.has(diskId));
  const { ocaId, parity } = registration;
  return { ocaId, disks, ...(parity && { parity }) };
}

function planItem({ asset, tier }: PlacedAsset<PlannableAsset>): FillPlanItem {
  const { assetId, titleId, file, sizeBytes, contentType, etag, popularity } = asset;
  return {
    ...{ assetId, titleId, file, sizeBytes, contentType, etag, tier },
    priority: Math.round(popularity),
  };
}
