import type { S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { TitleId } from '#domain/ids.ts';
import { seconds } from '#domain/units.ts';
import { expiringCache, refreshed } from '../shared/expiring-cache.ts';
import { fleetDirectory } from '../shared/fleet-directory.ts';
import type { Log } from '../shared/log.ts';
import { ocaStatuses } from '../shared/oca-statuses.ts';
import { type KeyRing, keyRing, operatorDigests, type SecretReader } from '../shared/secrets.ts';
import { fleetStore } from '../shared/stores/fleet-store.ts';
import { healthStore } from '../shared/stores/health-store.ts';
import { type HoldingKey, holdingsStore } from '../shared/stores/holdings-store.ts';
import { type TitleRecord, titleStore } from '../shared/stores/title-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import { type EntitlementCheck, entitlementCheck, everyoneMayPlay } from './entitlement.ts';
import type { Environment } from './environment.ts';
import {
  type PlaybackManifestReader,
  playbackManifestReader,
} from './manifests/playback-manifests.ts';
import { type MpdTemplate, readMpd } from './manifests/session-mpd.ts';
import { type PlaylistTemplate, readPlaylist } from './manifests/session-playlist.ts';
import type { PathwaySources } from './pathways.ts';
import { type PlaybackSettings, playbackSettings } from './settings.ts';

export interface PlaybackDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly s3: S3Client;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

/** What the operations of the playback API share: settings, and readers that remember for a second. */
export interface PlaybackContext extends PathwaySources {
  readonly settings: PlaybackSettings;
  readonly clock: Now;
  readonly log: Log;
  readonly title: (titleId: TitleId) => Promise<TitleRecord | undefined>;
  readonly titles: () => Promise<readonly TitleRecord[]>;
  readonly mpds: PlaybackManifestReader<MpdTemplate>;
  readonly playlists: PlaybackManifestReader<PlaylistTemplate>;
  readonly sessionKeys: () => Promise<KeyRing>;
  readonly operators: () => Promise<readonly string[]>;
  readonly checkEntitlement: EntitlementCheck;
}

const LIFETIME = seconds(1);
const TITLES_MAX = 10_000;
const HOLDINGS_MAX = 50_000;

export function playbackContext(dependencies: PlaybackDependencies): PlaybackContext {
  const { dynamoDb, s3, readSecret, environment, clock, log } = dependencies;
  const settings = playbackSettings(environment);
  const fleet = fleetStore(dynamoDb, environment.FLEET_TABLE);
  const health = healthStore(dynamoDb, environment.HEALTH_TABLE);
  const titles = titleStore(dynamoDb, environment.TITLES_TABLE);
  const holdings = holdingsStore(dynamoDb, environment.HEALTH_TABLE);
  const titleCache = expiringCache({
    load: (titleIds: readonly TitleId[]) => titles.records(titleIds),
    lifetime: LIFETIME,
    entriesMax: TITLES_MAX,
    clock,
  });
  const content = { client: s3, bucket: environment.CONTENT_BUCKET };
  const holdingCache = expiringCache({
    load: (keys: readonly HoldingKey[]) => holdings.holdings(keys),
    lifetime: LIFETIME,
    entriesMax: HOLDINGS_MAX,
    clock,
  });
  return {
    settings,
    clock,
    log,
    directory: fleetDirectory(fleet, clock).current,
    statuses: ocaStatuses({ fleet, health, lease: settings.lease, clock }),
    holdings: (keys) => holdingCache.get(keys),
    title: async (titleId) => (await titleCache.get([titleId])).get(titleId),
    titles: refreshed({ load: () => titles.list(), lifetime: LIFETIME, clock }),
    mpds: playbackManifestReader({ ...content, parse: readMpd }),
    playlists: playbackManifestReader({ ...content, parse: readPlaylist }),
    sessionKeys: keyRing(readSecret, environment.SESSION_TOKEN_KEYS_SECRET, clock),
    operators: operatorDigests(readSecret, environment.OPERATOR_SECRET, clock),
    checkEntitlement: settings.entitlement
      ? entitlementCheck(settings.entitlement, clock)
      : everyoneMayPlay,
  };
}
