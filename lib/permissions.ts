import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { AwsRegion } from './config/regions.ts';
import type { Config } from './config/schema.ts';
import {
  type BucketKind,
  bucketArn,
  DEPLOYMENT_TAG,
  eventBusArn,
  ocaDomain,
  type SecretKind,
  secretArnPattern,
  type TableKind,
  tableArn,
} from './names.ts';

/** What a function may do, each named after the need. Nothing here opens a resource that is not spelled out. */
export interface Permissions {
  readonly readTables: (...kinds: TableKind[]) => PolicyStatement;
  readonly writeTables: (...kinds: TableKind[]) => PolicyStatement;
  readonly readSecrets: (...kinds: SecretKind[]) => PolicyStatement;
  readonly putEvents: () => PolicyStatement;
}

/** Permissions on the resources of one region. */
export const permissionsIn = (config: Config, region: AwsRegion): Permissions => ({
  readTables: (...kinds) =>
    new PolicyStatement({
      actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
      resources: kinds.map((kind) => tableArn(config, kind, region)),
    }),
  writeTables: (...kinds) =>
    new PolicyStatement({
      actions: ['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: kinds.map((kind) => tableArn(config, kind, region)),
    }),
  readSecrets: (...kinds) =>
    new PolicyStatement({
      actions: ['secretsmanager:GetSecretValue'],
      resources: kinds.map((kind) => secretArnPattern(config, kind, region)),
    }),
  putEvents: () =>
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBusArn(config, region)],
    }),
});

/** A place in a bucket: objects whose key matches `keys`, in the bucket of `region`. */
interface ObjectScope {
  readonly kind: BucketKind;
  readonly region: AwsRegion;
  readonly keys: readonly string[];
}

const objectArns = (config: Config, { kind, region, keys }: ObjectScope) =>
  keys.map((key) => `${bucketArn(config, kind, region)}/${key}`);

/** Reading needs the right to list as well: without it S3 says 403 for an object that is not there. */
export const readObjects = (config: Config, scope: ObjectScope): PolicyStatement[] => [
  new PolicyStatement({ actions: ['s3:GetObject'], resources: objectArns(config, scope) }),
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [bucketArn(config, scope.kind, scope.region)],
  }),
];

export const writeObjects = (config: Config, scope: ObjectScope): PolicyStatement =>
  new PolicyStatement({ actions: ['s3:PutObject'], resources: objectArns(config, scope) });

/**
 * Invalidations in the deployment's own distributions, whose ids no other stack knows: they carry its tag. Their list takes no
 * resource. Source: Amazon CloudFront in the Service Authorization Reference, read 2026-11.
 */
export const invalidatePaths = ({ account, prefix }: Config): PolicyStatement[] => [
  new PolicyStatement({ actions: ['cloudfront:ListDistributions'], resources: ['*'] }),
  new PolicyStatement({
    actions: ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'],
    resources: [`arn:aws:cloudfront::${account}:distribution/*`],
    conditions: { StringEquals: { [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: prefix } },
  }),
];

/** The address records of OCAs, and no other record of the zone. Source of the keys: Route 53 in the Service Authorization Reference. */
export const changeOcaRecords = (config: Config): PolicyStatement[] => {
  const resources = [`arn:aws:route53:::hostedzone/${config.domain.hostedZoneId}`];
  return [
    new PolicyStatement({ actions: ['route53:ListResourceRecordSets'], resources }),
    new PolicyStatement({
      actions: ['route53:ChangeResourceRecordSets'],
      resources,
      conditions: {
        'ForAllValues:StringLike': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': [`*.${ocaDomain(config)}`],
        },
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'AAAA'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT', 'DELETE'],
        },
      },
    }),
  ];
};
