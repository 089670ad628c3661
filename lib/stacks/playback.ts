import { CorsHttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { HealthCheck, HealthCheckType } from 'aws-cdk-lib/aws-route53';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type AwsRegion, continentOf } from '../config/regions.ts';
import type { Config } from '../config/schema.ts';
import { AliasRecords } from '../constructs/alias-records.ts';
import { PlaybackFunctions } from '../constructs/control/playback-functions.ts';
import { hostedZone } from '../constructs/hosted-zone.ts';
import { Alarms } from '../constructs/monitoring/alarms.ts';
import { addApiAlarm } from '../constructs/monitoring/api-alarm.ts';
import { addCertificateAlarm } from '../constructs/monitoring/certificate-alarm.ts';
import {
  addFunctionErrorAlarm,
  addThrottleAlarm,
} from '../constructs/monitoring/function-error-alarms.ts';
import { RoutedApi, type RouteKey } from '../constructs/routed-api.ts';
import {
  continentalPlaybackHost,
  hosts,
  regionalPlaybackHost,
  stackName,
  worldPlaybackHost,
} from '../names.ts';

const PLAYBACK_ROUTES: readonly RouteKey[] = [
  'GET /health',
  'GET /v1/titles',
  'GET /v1/playback/{titleId}',
  'GET /v1/playback/{titleId}/manifest.mpd',
  'GET /v1/playback/{titleId}/main.m3u8',
  'GET /v1/explain',
];

const STEERING_ROUTES: readonly RouteKey[] = ['GET /v1/steering/dash', 'GET /v1/steering/hls'];

/** Any page may play. Only the entitlement's bearer token makes a browser ask first. */
const CORS = {
  allowOrigins: ['*'],
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.HEAD, CorsHttpMethod.OPTIONS],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: ['etag', 'retry-after'],
  maxAge: Duration.days(1),
};

/** Every leaf of the routing tree weighs the same. */
const WEIGHT = 100;

/** What a function's failure means to an operator. */
const FAILURES = {
  playback: 'New sessions cannot be opened in this region; the next region takes them.',
  steering: 'Players in this region keep the pathway order that they have.',
} as const;

/** What viewers may use of the account's requests in a region: the control API may share it. */
const VIEWERS_SHARE = 0.8;

/** The account's bucket of requests holds half a second's. Source: API Gateway Developer Guide, "Quotas", read 2026-11. */
const throttleOf = ({ limits: { apiRequestsPerSecond } }: Config) => ({
  rateLimit: Math.floor(apiRequestsPerSecond * VIEWERS_SHARE),
  burstLimit: Math.floor((apiRequestsPerSecond * VIEWERS_SHARE) / 2),
});

export interface PlaybackStackProps {
  readonly config: Config;
  readonly region: AwsRegion;
}

/** The playback API of one region, and its leaves in the tree of `play.<domain>`. */
export class PlaybackStack extends Stack {
  constructor(scope: Construct, { config, region }: PlaybackStackProps) {
    super(scope, stackName(config, 'playback', region), {
      env: { account: config.account, region },
      description: `Distributary: playback and steering API in ${region}`,
    });
    const { playback, steering } = new PlaybackFunctions(this, 'Functions', { config, region });
    const api = new RoutedApi(this, 'Api', {
      name: `${config.prefix}-playback`,
      routes: [
        { to: playback, keys: PLAYBACK_ROUTES },
        { to: steering, keys: STEERING_ROUTES },
      ],
      cors: CORS,
      throttle: throttleOf(config),
    });
    const certificate = this.route(api, { config, region });
    const alarms = new Alarms(this, 'Alarms', { config, part: 'playback' });
    for (const [name, meaning] of Object.entries(FAILURES)) {
      addFunctionErrorAlarm(alarms, {
        ...{ config, name: name as keyof typeof FAILURES, meaning },
        severity: 'critical',
      });
    }
    addThrottleAlarm(alarms, 'playback');
    addApiAlarm(alarms, {
      name: 'playback-api-errors',
      apiId: api.apiId,
      description: 'New sessions or steering fail in this region.',
    });
    const name = 'playback-certificate-expiring';
    addCertificateAlarm(alarms, { config, name, certificate });
  }

  /** Returns the certificate of all its names. */
  private route(api: RoutedApi, { config, region }: PlaybackStackProps): Certificate {
    const zone = hostedZone(this, 'Zone', config);
    const regionalHost = regionalPlaybackHost(config, region);
    const certificate = new Certificate(this, 'Certificate', {
      domainName: hosts(config).playback,
      subjectAlternativeNames: [regionalHost],
      validation: CertificateValidation.fromDns(zone),
    });
    const shared = api.serveAt('SharedDomain', hosts(config).playback, { certificate });
    const regional = api.serveAt('RegionalDomain', regionalHost, { certificate });
    new AliasRecords(this, 'RegionalName', {
      zone,
      host: regionalHost,
      target: {
        dnsName: regional.regionalDomainName,
        hostedZoneId: regional.regionalHostedZoneId,
      },
      evaluateTargetHealth: false,
    });
    const healthCheck = new HealthCheck(this, 'HealthCheck', {
      type: HealthCheckType.HTTPS,
      fqdn: regionalHost,
      port: 443,
      resourcePath: '/health',
      requestInterval: Duration.seconds(10),
      failureThreshold: 2,
      enableSNI: true,
      measureLatency: true,
    });
    for (const [id, host] of [
      ['Leaf', continentalPlaybackHost(config, continentOf(region))],
      ['WorldLeaf', worldPlaybackHost(config)],
    ] as const) {
      new AliasRecords(this, id, {
        zone,
        host,
        target: { dnsName: shared.regionalDomainName, hostedZoneId: shared.regionalHostedZoneId },
        evaluateTargetHealth: true,
        policy: { setIdentifier: region, weight: WEIGHT, healthCheck },
      });
    }
    return certificate;
  }
}
