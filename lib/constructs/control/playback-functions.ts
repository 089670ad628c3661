import { Construct } from 'constructs';
import type { Environment as PlaybackEnvironment } from '../../../lambda/playback/environment.ts';
import type { Environment as SteeringEnvironment } from '../../../lambda/steering/environment.ts';
import type { AwsRegion } from '../../config/regions.ts';
import type { Config } from '../../config/schema.ts';
import { bucketName, cloudFrontUrls, hosts, secretName, tableName } from '../../names.ts';
import { permissionsIn, readObjects } from '../../permissions.ts';
import { RegionalFunction } from '../regional-function.ts';

/** The functions that viewers meet, in one region; they only read. */
export class PlaybackFunctions extends Construct {
  readonly playback: RegionalFunction;
  readonly steering: RegionalFunction;

  constructor(
    scope: Construct,
    id: string,
    { config, region }: { readonly config: Config; readonly region: AwsRegion },
  ) {
    super(scope, id);
    const may = permissionsIn(config, region);
    // Titles are published to the primary origin; replicas may lag behind it by minutes.
    const content = {
      kind: 'content',
      region: config.regions.control,
      keys: ['content/*'],
    } as const;
    this.playback = new RegionalFunction(this, 'Playback', {
      config,
      name: 'playback',
      environment: playbackEnvironment(config),
      timeoutSeconds: 10,
      memoryMib: 1024,
      statements: [
        may.readTables('fleet', 'titles', 'health'),
        may.readSecrets('session-token-keys', 'operator'),
        ...readObjects(config, content),
      ],
    });
    this.steering = new RegionalFunction(this, 'Steering', {
      config,
      name: 'steering',
      environment: steeringEnvironment(config),
      timeoutSeconds: 5,
      memoryMib: 512,
      statements: [may.readTables('fleet', 'health'), may.readSecrets('session-token-keys')],
    });
  }
}

function steeringEnvironment(config: Config): SteeringEnvironment {
  return {
    FLEET_TABLE: tableName(config, 'fleet'),
    HEALTH_TABLE: tableName(config, 'health'),
    SESSION_TOKEN_KEYS_SECRET: secretName(config, 'session-token-keys'),
    TOKEN_ISSUER: config.tokens.issuer,
    STEERING_TTL_SECONDS: String(config.steering.ttlSeconds),
    REPORT_LEASE_SECONDS: String(config.health.leaseSeconds),
    PLAYBACK_URL: `https://${hosts(config).playback}`,
  };
}

function playbackEnvironment(config: Config): PlaybackEnvironment {
  const { jwksUrl = '', issuer = '', audience = '' } = config.entitlement ?? {};
  return {
    ...steeringEnvironment(config),
    TITLES_TABLE: tableName(config, 'titles'),
    CONTENT_BUCKET: bucketName(config, 'content', config.regions.control),
    OPERATOR_SECRET: secretName(config, 'operator'),
    TOKEN_LIFETIME_SECONDS: String(config.tokens.lifetimeSeconds),
    TOKEN_BOUND_TO_NETWORK: String(config.tokens.bindToNetwork ?? false),
    OCA_PATHWAYS_MAX: String(config.playback.ocaPathwaysMax),
    CLOUDFRONT_URLS: cloudFrontUrls(config),
    ENTITLEMENT_JWKS_URL: jwksUrl,
    ENTITLEMENT_ISSUER: issuer,
    ENTITLEMENT_AUDIENCE: audience,
  };
}
