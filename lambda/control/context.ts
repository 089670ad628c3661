import type { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import { type CloudFrontUrls, cloudFrontUrls } from '../shared/cloudfront-urls.ts';
import { positiveInteger, truth } from '../shared/environment-reader.ts';
import { type EventSender, eventSender } from '../shared/events.ts';
import { refreshed } from '../shared/expiring-cache.ts';
import { type FleetDirectoryReader, fleetDirectory } from '../shared/fleet-directory.ts';
import { type Invalidations, invalidations } from '../shared/invalidations.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { type OcaStatusReader, ocaStatuses } from '../shared/oca-statuses.ts';
import { type KeyRing, keyRing, type SecretReader } from '../shared/secrets.ts';
import { type CertificateStore, certificateStore } from '../shared/stores/certificate-store.ts';
import { type FleetStore, fleetStore } from '../shared/stores/fleet-store.ts';
import { type HealthStore, healthStore } from '../shared/stores/health-store.ts';
import { type HoldingsStore, holdingsStore } from '../shared/stores/holdings-store.ts';
import { type PlanStore, planStore } from '../shared/stores/plan-store.ts';
import { type PurgeStore, purgeStore } from '../shared/stores/purge-store.ts';
import {
  type RevokedSessionStore,
  revokedSessionStore,
} from '../shared/stores/revoked-session-store.ts';
import { type TitleStore, titleStore } from '../shared/stores/title-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';

export interface ControlDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly s3: S3Client;
  readonly eventBridge: EventBridgeClient;
  readonly cloudFront: CloudFrontClient;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What the operations of the control API share. */
export interface ControlContext {
  readonly settings: ControlSettings;
  readonly clock: Now;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly fleet: FleetStore;
  readonly certificates: CertificateStore;
  readonly revokedSessions: RevokedSessionStore;
  /** Of the list of revoked sessions: every report asks, so that it is remembered for a second. */
  readonly revokedSessionsRevision: () => Promise<number>;
  readonly purges: PurgeStore;
  /** The same of purges. */
  readonly newestPurgeId: () => Promise<number>;
  readonly invalidations: Invalidations;
  readonly titles: TitleStore;
  readonly health: HealthStore;
  readonly holdings: HoldingsStore;
  readonly plans: PlanStore;
  readonly directory: FleetDirectoryReader;
  readonly statuses: OcaStatusReader;
  readonly sendEvent: EventSender;
  readonly sessionKeys: () => Promise<KeyRing>;
  readonly planKeys: () => Promise<KeyRing>;
}

export interface ControlSettings {
  readonly tokenIssuer: string;
  /** Of a playback session, beyond its title's duration. */
  readonly tokenLifetimeSeconds: number;
  /** Whether playback sessions are for one network: then OCAs need tokens of their own for misses. */
  readonly isTokenBound: boolean;
  readonly reportIntervalSeconds: number;
  readonly planPollSeconds: number;
  /** An OCA whose last report is older counts as gone. */
  readonly lease: Milliseconds;
  /** The prefix of the deployment, as metrics have it. */
  readonly deployment: string;
  readonly isTrafficToldPerOca: boolean;
  readonly cloudFrontUrls: CloudFrontUrls;
}

const REVISION_LIFETIME = seconds(1);

/** @throws CdnError `config-invalid`. */
export function controlContext(dependencies: ControlDependencies): ControlContext {
  const { dynamoDb, s3, eventBridge, cloudFront, readSecret, environment, clock, log, metrics } =
    dependencies;
  const fleet = fleetStore(dynamoDb, environment.FLEET_TABLE);
  const health = healthStore(dynamoDb, environment.HEALTH_TABLE);
  const revokedSessions = revokedSessionStore(dynamoDb, environment.FLEET_TABLE, clock);
  const purges = purgeStore(dynamoDb, environment.FLEET_TABLE);
  const urls = cloudFrontUrls('CLOUDFRONT_URLS', environment.CLOUDFRONT_URLS);
  const lease = seconds(integerIn(environment, 'REPORT_LEASE_SECONDS'));
  return {
    settings: {
      tokenIssuer: environment.TOKEN_ISSUER,
      tokenLifetimeSeconds: integerIn(environment, 'TOKEN_LIFETIME_SECONDS'),
      isTokenBound: truth('TOKEN_BOUND_TO_NETWORK', environment.TOKEN_BOUND_TO_NETWORK),
      reportIntervalSeconds: integerIn(environment, 'REPORT_INTERVAL_SECONDS'),
      planPollSeconds: integerIn(environment, 'PLAN_POLL_SECONDS'),
      deployment: environment.DEPLOYMENT,
      isTrafficToldPerOca: truth('METRICS_PER_OCA', environment.METRICS_PER_OCA),
      lease,
      cloudFrontUrls: urls,
    },
    clock,
    log,
    metrics,
    fleet,
    certificates: certificateStore(dynamoDb, environment.FLEET_TABLE),
    revokedSessions,
    revokedSessionsRevision: refreshed({
      load: revokedSessions.revision,
      lifetime: REVISION_LIFETIME,
      clock,
    }),
    purges,
    newestPurgeId: refreshed({ load: purges.newestId, lifetime: REVISION_LIFETIME, clock }),
    invalidations: invalidations(cloudFront, urls),
    health,
    titles: titleStore(dynamoDb, environment.TITLES_TABLE),
    holdings: holdingsStore(dynamoDb, environment.HEALTH_TABLE),
    plans: planStore(s3, environment.PLAN_BUCKET),
    directory: fleetDirectory(fleet, clock),
    statuses: ocaStatuses({ fleet, health, lease, clock, lifetime: milliseconds(0) }),
    sendEvent: eventSender(eventBridge, environment.EVENT_BUS_NAME),
    sessionKeys: keyRing(readSecret, environment.SESSION_TOKEN_KEYS_SECRET, clock),
    planKeys: keyRing(readSecret, environment.FILL_PLAN_KEYS_SECRET, clock),
  };
}

const integerIn = (environment: Environment, name: keyof Environment): number =>
  positiveInteger(name, environment[name]);
