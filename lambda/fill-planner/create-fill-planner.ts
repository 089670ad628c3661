import type { S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { OcaId, SiteId } from '#domain/ids.ts';
import { type EpochMs, type Milliseconds, seconds } from '#domain/units.ts';
import { type FillPlanItem, signFillPlan } from '#protocol/fill-plan.ts';
import type { Site } from '#protocol/site.ts';
import { positiveInteger } from '../shared/environment-reader.ts';
import { faultOf, type Log } from '../shared/log.ts';
import type { PlanningOrder } from '../shared/planning-order.ts';
import { type KeyRing, keyRing, type SecretReader } from '../shared/secrets.ts';
import { type FleetStore, fleetStore } from '../shared/stores/fleet-store.ts';
import { type HealthStore, healthStore } from '../shared/stores/health-store.ts';
import { type PlanStore, planStore, type StoredPlan } from '../shared/stores/plan-store.ts';
import { type TitleStore, titleStore } from '../shared/stores/title-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';
import { planningBatch } from './planning-batch.ts';
import {
  draftPlan,
  isStillRight,
  itemsDigest,
  nextPlanVersion,
  type PlannableAsset,
  plannableAssets,
  planSite,
} from './site-plans.ts';

export interface FillPlannerDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly s3: S3Client;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

interface PlannerContext {
  readonly fleet: FleetStore;
  readonly titles: TitleStore;
  readonly health: HealthStore;
  readonly plans: PlanStore;
  readonly planKeys: () => Promise<KeyRing>;
  readonly lifetime: Milliseconds;
  readonly clock: Now;
  readonly log: Log;
}

/** Planners that start together meet at the conditional write; each round at least one of them gets through. */
const ROUNDS_MAX = 8;

export interface PlannedBatch {
  /** Sites whose OCAs all have a plan that says what it should. */
  readonly planned: number;
}

/**
 * Makes the signed fill plan of every registered OCA of the sites of a batch. A site that cannot be planned does not
 * keep the others from it, but fails the invocation in the end, so that the state machine tries again and tells.
 */
export function createFillPlanner(
  dependencies: FillPlannerDependencies,
): (event: unknown) => Promise<PlannedBatch> {
  const context = plannerContext(dependencies);
  return async (event) => {
    const { siteIds, order } = planningBatch(event);
    const sites = await context.fleet.sitesNamed(siteIds);
    const failed: SiteId[] = [];
    let pending: readonly Site[] = sites;
    for (let round = 0; pending.length > 0 && round < ROUNDS_MAX; round += 1) {
      const outcome = await planSites(context, pending, order);
      failed.push(...outcome.failed);
      pending = outcome.contended;
    }
    const unplanned = [...failed, ...pending.map((site) => site.siteId)];
    if (unplanned.length > 0)
      throw new CdnError(
        'internal',
        `${unplanned.length} of ${sites.length} sites were not planned: ${unplanned.join(', ')}`,
      );
    return { planned: sites.length };
  };
}

function plannerContext(dependencies: FillPlannerDependencies): PlannerContext {
  const { dynamoDb, s3, readSecret, environment, clock, log } = dependencies;
  const lifetimeHours = positiveInteger('PLAN_LIFETIME_HOURS', environment.PLAN_LIFETIME_HOURS);
  return {
    fleet: fleetStore(dynamoDb, environment.FLEET_TABLE),
    titles: titleStore(dynamoDb, environment.TITLES_TABLE),
    health: healthStore(dynamoDb, environment.HEALTH_TABLE),
    plans: planStore(s3, environment.PLAN_BUCKET),
    planKeys: keyRing(readSecret, environment.FILL_PLAN_KEYS_SECRET, clock),
    lifetime: seconds(lifetimeHours * 3600),
    clock,
    log,
  };
}

interface Round {
  /** Sites that another planner changed meanwhile. */
  readonly contended: readonly Site[];
  readonly failed: readonly SiteId[];
}

/**
 * One round. The plans in force are looked at *before* the titles and the fleet: whoever then writes over one of them
 * has seen at least what its writer saw.
 */
async function planSites(
  context: PlannerContext,
  sites: readonly Site[],
  order: PlanningOrder,
): Promise<Round> {
  const ocaIds = sites.flatMap((site) => site.ocas.map((oca) => oca.ocaId));
  const storedById = new Map(
    await Promise.all(ocaIds.map(async (id) => [id, await context.plans.describe(id)] as const)),
  );
  const now = context.clock.now();
  const [assets, records, reportById] = await Promise.all([
    allAssets(context, now),
    context.fleet.ocas(ocaIds, { isConsistent: true }),
    context.health.reports(ocaIds),
  ]);
  const contended: Site[] = [];
  const failed: SiteId[] = [];
  for (const site of sites) {
    try {
      const registrations = site.ocas.flatMap((oca) => records.get(oca.ocaId)?.registration ?? []);
      const itemsById = planSite(assets, registrations, reportById);
      const isWritten = await writeSite(context, { site, itemsById, storedById, order, now });
      if (!isWritten) contended.push(site);
    } catch (failure) {
      context.log('error', 'site.not-planned', { siteId: site.siteId, ...faultOf(failure) });
      failed.push(site.siteId);
    }
  }
  return { contended, failed };
}

async function allAssets(context: PlannerContext, now: EpochMs): Promise<PlannableAsset[]> {
  const records = await context.titles.list();
  const lists = await Promise.all(
    records.map(async (record) =>
      plannableAssets(record, await context.titles.assets(record), now),
    ),
  );
  return lists.flat();
}

interface SitePlans {
  readonly site: Site;
  readonly itemsById: ReadonlyMap<OcaId, readonly FillPlanItem[]>;
  readonly storedById: ReadonlyMap<OcaId, StoredPlan | undefined>;
  readonly order: PlanningOrder;
  readonly now: EpochMs;
}

/** False as soon as one OCA's plan was changed by somebody else. */
async function writeSite(context: PlannerContext, plans: SitePlans): Promise<boolean> {
  for (const [ocaId, items] of plans.itemsById) {
    if (!(await writePlan(context, plans, { ocaId, items }))) return false;
  }
  return true;
}

async function writePlan(
  context: PlannerContext,
  { site, storedById, order, now }: SitePlans,
  { ocaId, items }: { readonly ocaId: OcaId; readonly items: readonly FillPlanItem[] },
): Promise<boolean> {
  const { lifetime } = context;
  const stored = storedById.get(ocaId);
  const draft = draftPlan({ ocaId, site, items, order, lifetime, now });
  if (stored && !order.isForced && isStillRight(stored, draft, lifetime)) {
    await context.fleet.notePlan(ocaId, stored);
    return true;
  }
  const plan = { ...draft, planVersion: nextPlanVersion(stored, now) };
  const { signingKey } = await context.planKeys();
  const envelope = await signFillPlan(plan, signingKey);
  const signed = { plan, envelope, itemsDigest: itemsDigest(items) };
  if (!(await context.plans.write(signed, stored))) return false;
  await context.fleet.notePlan(ocaId, plan);
  const { planVersion, window } = plan;
  context.log('info', 'plan.written', { ocaId, planVersion, items: items.length, ...window });
  return true;
}
