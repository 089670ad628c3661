import type { OcaId, SiteId } from '#domain/ids.ts';
import type { AwsRegion, Continent } from './config/regions.ts';
import type { Config } from './config/schema.ts';

/**
 * Every name that one stack gives and another uses. Stacks share no values, only this convention, so that each deploys
 * and dies by itself and every template reads without the others.
 */
type Named = Pick<Config, 'account' | 'prefix' | 'domain'>;

export type BucketKind = 'content' | 'assets' | 'logs' | 'plans';
export type TableKind = 'fleet' | 'titles' | 'health' | 'sessions';
export type SecretKind = 'session-token-keys' | 'fill-plan-keys' | 'operator';
/** Functions of the control plane, by their folders in `lambda/`. */
export const FUNCTION_NAMES = [
  'playback',
  'steering',
  'control',
  'catalog-ingest',
  'fill-planner',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
export type EdgeFunctionName = 'edge-viewer-auth' | 'edge-response-headers';
export type StackPart =
  | 'origin'
  | 'edge'
  | 'tables'
  | 'control'
  | 'playback'
  | 'routing'
  | 'monitoring';

/** Rules and default event bus of the control region. */
export const EVENT_BUS_NAME = 'default';
/** CloudFront takes certificates, functions and alarms from here only. */
export const EDGE_REGION = 'us-east-1' satisfies AwsRegion;

export const stackName = ({ prefix }: Named, part: StackPart, region?: AwsRegion): string =>
  [prefix, part, ...(region ? [region] : [])].join('-');

export const bucketName = (
  { prefix, account }: Named,
  kind: BucketKind,
  region: AwsRegion,
): string => `${prefix}-${kind}-${account}-${region}`;

export const bucketArn = (config: Named, kind: BucketKind, region: AwsRegion): string =>
  `arn:aws:s3:::${bucketName(config, kind, region)}`;

export const tableName = ({ prefix }: Named, kind: TableKind): string => `${prefix}-${kind}`;

export const tableArn = (config: Named, kind: TableKind, region: AwsRegion): string =>
  `arn:aws:dynamodb:${region}:${config.account}:table/${tableName(config, kind)}`;

export const secretName = ({ prefix }: Named, kind: SecretKind): string => `${prefix}/${kind}`;

/** Secrets Manager ends every ARN with six characters of its own. */
export const secretArnPattern = (config: Named, kind: SecretKind, region: AwsRegion): string =>
  `arn:aws:secretsmanager:${region}:${config.account}:secret:${secretName(config, kind)}-??????`;

export const functionName = ({ prefix }: Named, name: FunctionName): string => `${prefix}-${name}`;

export const eventBusArn = ({ account }: Named, region: AwsRegion): string =>
  `arn:aws:events:${region}:${account}:event-bus/${EVENT_BUS_NAME}`;

export const deadLetterQueueName = ({ prefix }: Named): string => `${prefix}-dead-letters`;

/** Host names below the configured domain. */
export const hosts = ({ domain }: Named) => ({
  playback: `play.${domain.name}`,
  control: `control.${domain.name}`,
  /** Where EC2 OCAs prove by their role who they are and get their first certificate. */
  enrolment: `enrol.${domain.name}`,
  cloudFront: `cf-edge.${domain.name}`,
  assets: `assets.${domain.name}`,
});

/** The playback API of one region, past all routing: what its health check asks. */
export const regionalPlaybackHost = (config: Named, region: AwsRegion): string =>
  `${region}.${hosts(config).playback}`;

/** The playback APIs of one continent, weighted. */
export const continentalPlaybackHost = (config: Named, continent: Continent): string =>
  `${continent.toLowerCase()}.${hosts(config).playback}`;

export const ocaHost = ({ domain }: Named, siteId: SiteId, ocaId: OcaId): string =>
  `${ocaId}.${siteId}.oca.${domain.name}`;
