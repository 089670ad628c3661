import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { siteRatios, worstSites } from '#domain/health/fleet-figures.ts';
import { SILENT_AFTER, watchSite } from '#domain/health/watch-fleet.ts';
import { type EpochMs, elapsed, type Milliseconds, seconds } from '#domain/units.ts';
import { retireEnrolled } from '../shared/enrolled-ocas.ts';
import { positiveInteger } from '../shared/environment-reader.ts';
import { eventSender } from '../shared/events.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { certificateStore } from '../shared/stores/certificate-store.ts';
import { type FleetStore, fleetStore } from '../shared/stores/fleet-store.ts';
import { healthStore } from '../shared/stores/health-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';
import { fleetMeasurement, siteMeasurements, type WatchedSite } from './measurements.ts';
import { readFleet, type SiteFacts } from './read-fleet.ts';
import { logTroubles } from './troubles.ts';

export interface FleetWatchDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly eventBridge: EventBridgeClient;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
  readonly metrics: Metrics;
}

const DAY_SECONDS = 86_400;

/** Looks at the whole fleet: tells it as metrics, names who is in trouble, and retires EC2 instances that are gone. */
export function createFleetWatch(dependencies: FleetWatchDependencies): () => Promise<void> {
  const { dynamoDb, environment, clock, log, metrics } = dependencies;
  const stores = {
    fleet: fleetStore(dynamoDb, environment.FLEET_TABLE),
    health: healthStore(dynamoDb, environment.HEALTH_TABLE),
    certificates: certificateStore(dynamoDb, environment.FLEET_TABLE),
  };
  const integer = (name: keyof Environment) => positiveInteger(name, environment[name]);
  const lease = seconds(integer('REPORT_LEASE_SECONDS'));
  const certificateLife = seconds(integer('CERTIFICATE_DAYS') * DAY_SECONDS);
  const requestsMin = integer('REQUESTS_PER_MINUTE_MIN');
  const deployment = environment.DEPLOYMENT;
  return async () => {
    const facts = await readFleet(stores, certificateLife);
    const now = clock.now();
    const sites = judge(facts, { now, lease });
    const ratiosBySite = new Map(
      sites.map(({ siteId, verdicts }) => [siteId, siteRatios(verdicts, { now, requestsMin })]),
    );
    const worst = worstSites(ratiosBySite);
    metrics(fleetMeasurement({ deployment, now, sites, worst }));
    for (const measurement of siteMeasurements(sites, now)) metrics(measurement);
    logTroubles(log, sites);
    if (Object.keys(worst).length > 0) log('info', 'sites.worst', worst);
    await retireGone(dependencies, stores.fleet, sites);
  };
}

function judge(
  facts: readonly SiteFacts[],
  rules: { readonly now: EpochMs; readonly lease: Milliseconds },
): WatchedSite[] {
  const isHearing = facts.some(({ ocas }) =>
    ocas.some(({ report }) => report && elapsed(report.receivedAt, rules.now) < SILENT_AFTER),
  );
  return facts.map(({ site, ocas }) => {
    const fill = { timeZone: site.timeZone, ...site.fill };
    return { siteId: site.siteId, verdicts: watchSite(ocas, { ...rules, isHearing, fill }) };
  });
}

/** Whoever keeps the names of OCAs is told: an instance's address may soon be somebody else's. */
async function retireGone(
  { log, eventBridge, environment }: FleetWatchDependencies,
  fleet: FleetStore,
  sites: readonly WatchedSite[],
): Promise<void> {
  for (const { siteId, verdicts } of sites) {
    const gone = verdicts.filter((verdict) => verdict.isToBeRetired);
    if (gone.length === 0) continue;
    const ocaIds = gone.map((verdict) => verdict.facts.ocaId);
    await retireEnrolled(fleet, siteId, new Set(ocaIds));
    await eventSender(eventBridge, environment.EVENT_BUS_NAME)('OCA Addresses Changed', { siteId });
    log('info', 'oca.retired', { siteId, ocaIds });
  }
}
