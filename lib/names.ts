import type { SiteId } from '#domain/ids.ts';
import type { AwsRegion, Continent } from './config/regions.ts';
import type { Config } from './config/schema.ts';

/**
 * Every name that one stack gives and another uses. Stacks share no values, only this convention, so that each deploys
 * and dies by itself and every template reads without the others.
 */
type Named = Pick<Config, 'account' | 'prefix' | 'domain'>;

export type BucketKind = 'content' | 'assets' | 'logs' | 'plans';
export type TableKind = 'fleet' | 'titles' | 'health' | 'sessions';
export type SecretKind = 'session-token-keys' | 'fill-plan-keys' | 'operator' | 'client-authority';
/** Functions of the control plane, by their folders in `lambda/`. */
export const FUNCTION_NAMES = [
  'playback',
  'steering',
  'control',
  'control-authorizer',
  'certificates',
  'enrolment',
  'catalog-ingest',
  'fill-planner',
  'planning-scope',
  'key-rotation',
  'oca-records',
  'fleet-watch',
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
  | 'zone-signing'
  | 'monitoring'
  | 'logs';

/** On every resource of a deployment; its prefix is the value. */
export const DEPLOYMENT_TAG = 'distributary:deployment';
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

/** A state machine's name, by what it does. */
export const stateMachineName = ({ prefix }: Named, work: 'planning'): string =>
  `${prefix}-${work}`;

export const stateMachineArn = (config: Named, work: 'planning', region: AwsRegion): string =>
  `arn:aws:states:${region}:${config.account}:stateMachine:${stateMachineName(config, work)}`;

/** What an alarm means. Only what a viewer feels, or will soon, is critical. */
export type Severity = 'warning' | 'critical';
export const SEVERITIES: readonly Severity[] = ['warning', 'critical'];

/** Sets the topics of two stacks in one region apart. */
export const ALARM_PARTS = ['control', 'edge', 'origin', 'playback', 'zone-signing'] as const;
export type AlarmPart = (typeof ALARM_PARTS)[number];

/** The topic that alarms of a severity tell. */
export const alarmTopicName = (
  { prefix }: Pick<Config, 'prefix'>,
  part: AlarmPart,
  severity: Severity,
): string => `${prefix}-${part}-${severity}`;

/**
 * The alarm that says that any distribution fails viewers. Alarms of other regions cannot be combined: where the control
 * plane is in this region, its `viewers-affected` pages for this one; elsewhere this one pages itself.
 */
export const EDGE_FAILING = 'edge-failing';

/** Of an alarm by its name after the prefix. */
export const alarmArn = (config: Named, name: string, region: AwsRegion): string =>
  `arn:aws:cloudwatch:${region}:${config.account}:alarm:${config.prefix}-${name}`;

export const eventBusArn = ({ account }: Named, region: AwsRegion): string =>
  `arn:aws:events:${region}:${account}:event-bus/${EVENT_BUS_NAME}`;

/** Where CloudFront's access logs lie, and what Athena finds, in the log bucket of the control region. */
export const LOG_PREFIXES = { cloudFront: 'cloudfront', queryResults: 'athena' } as const;

/** Glue names databases with underscores: Athena wants hyphens quoted. */
export const logDatabaseName = ({ prefix }: Named): string => `${prefix.replaceAll('-', '_')}_logs`;

export const deadLetterQueueName = ({ prefix }: Named): string => `${prefix}-dead-letters`;

/** Distributions that carry the configured peak within the quota of each, at least one. */
export const distributionCount = ({
  traffic,
  limits,
}: Pick<Config, 'traffic' | 'limits'>): number =>
  Math.max(1, Math.ceil(traffic.cloudFrontPeakBitsPerSecond / limits.distributionBitsPerSecond));

/** `cf-edge.<domain>`, `cf-edge-2.<domain>` and so on: one a distribution. */
export const distributionHosts = (
  config: Pick<Config, 'domain' | 'traffic' | 'limits'>,
): [string, ...string[]] => {
  const others = Array.from({ length: distributionCount(config) - 1 }, (_, index) => index + 2);
  const { name } = config.domain;
  return [`cf-edge.${name}`, ...others.map((number) => `cf-edge-${number}.${name}`)];
};

/** What functions are told of the distributions: their URLs, with commas between. */
export const cloudFrontUrls = (config: Config): string =>
  distributionHosts(config)
    .map((host) => `https://${host}`)
    .join();

/** What the names of EC2 OCAs' fleets begin with; a site's id follows. */
export const ocaFleetPrefix = ({ prefix }: Pick<Named, 'prefix'>): string => `${prefix}-oca-`;

/** Stack, role and Auto Scaling group of one site's EC2 OCAs. Enrolment reads the site out of the role's name. */
export const ocaFleetName = (config: Pick<Named, 'prefix'>, siteId: SiteId): string =>
  `${ocaFleetPrefix(config)}${siteId}`;

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

/** The playback APIs of the whole world, weighted: for whoever has no healthy one nearer. */
export const worldPlaybackHost = (config: Named): string => `world.${hosts(config).playback}`;

/** What every OCA's name ends in: `<oca>.<site>.oca.<domain>`. */
export const ocaDomain = ({ domain }: Named): string => `oca.${domain.name}`;
