import { z } from 'zod';
import { CdnError } from '#domain/errors.ts';
import { readAssembly, resourcesOf, type Stack } from '../../cloud-assembly/assembly.ts';
import { functionDefinition, LAMBDA_FUNCTION } from '../../cloud-assembly/lambda-functions.ts';
import { referenceTo } from '../../cloud-assembly/references.ts';
import { cachePolicySchema } from './cache-policy.ts';
import type {
  Behavior,
  Distribution,
  EdgeEventType,
  EdgeFunctionDefinition,
  Origin,
} from './distribution.ts';
import {
  type BehaviorProperties,
  distributionSchema,
  type OriginProperties,
} from './distribution-schema.ts';
import { resolve } from './resolve.ts';
import { responseHeadersPolicySchema } from './response-headers-policy.ts';

const DISTRIBUTION = 'AWS::CloudFront::Distribution';
/** CloudFront, its policies and its functions are declared in this region. */
const CLOUDFRONT_REGION = 'us-east-1';
/** Lambda's default. Source: AWS::Lambda::Function, MemorySize. */
const MEMORY_DEFAULT_MIB = 128;
const S3_DOMAIN = /^([a-z0-9-]+)\.s3\.([a-z0-9-]+)\.amazonaws\.com$/;

/**
 * Reads the first distribution of a synthesized app, with the policies, functions and origins that it names: the others
 * differ in their names alone. What this edge would not act on as CloudFront does is refused rather than passed over.
 *
 * @throws CdnError config-invalid
 */
export function readDistribution(assemblyDirectory: string): Distribution {
  const found = readAssembly(assemblyDirectory, CLOUDFRONT_REGION).flatMap((stack) =>
    resourcesOf(stack, DISTRIBUTION).map(([id]) => ({ stack, id })),
  );
  const [first] = found;
  if (!first) throw new CdnError('config-invalid', 'expected a distribution, found none');
  const { stack, id } = first;
  const { DistributionConfig: config } = properties(stack, id, DISTRIBUTION, distributionSchema);
  const origins = new Map(config.Origins.map((item) => [item.Id, readOrigin(item)]));
  const read = (behavior: BehaviorProperties, pathPattern: string): Behavior => ({
    ...readBehavior(stack, behavior, pathPattern),
    ...target(behavior.TargetOriginId, config.OriginGroups?.Items ?? [], origins),
  });
  return {
    id,
    behaviors: config.CacheBehaviors.map((behavior) => read(behavior, behavior.PathPattern)),
    defaultBehavior: read(config.DefaultCacheBehavior, '*'),
    defaultRootPath: config.DefaultRootObject === '' ? undefined : `/${config.DefaultRootObject}`,
    errorTtlSecondsByStatus: new Map(
      config.CustomErrorResponses.map((item) => [item.ErrorCode, item.ErrorCachingMinTTL]),
    ),
  };
}

function readBehavior(
  stack: Stack,
  behavior: BehaviorProperties,
  pathPattern: string,
): Omit<Behavior, 'origins' | 'failoverStatuses'> {
  const policyId = behavior.ResponseHeadersPolicyId;
  return {
    pathPattern,
    allowedMethods: behavior.AllowedMethods,
    cachedMethods: behavior.CachedMethods,
    isCompressing: behavior.Compress,
    cachePolicy: properties(
      stack,
      behavior.CachePolicyId,
      'AWS::CloudFront::CachePolicy',
      cachePolicySchema,
    ),
    ...(policyId !== undefined && {
      responseHeadersPolicy: properties(
        stack,
        policyId,
        'AWS::CloudFront::ResponseHeadersPolicy',
        responseHeadersPolicySchema,
      ),
    }),
    functionByEvent: Object.fromEntries(
      behavior.LambdaFunctionAssociations.map(
        (association): [EdgeEventType, EdgeFunctionDefinition] => [
          association.EventType,
          readFunction(stack, association.LambdaFunctionARN),
        ],
      ),
    ),
  };
}

function readFunction(stack: Stack, versionId: string): EdgeFunctionDefinition {
  const version = stack.template.Resources[versionId];
  const functionId = referenceTo(stack, LAMBDA_FUNCTION, version?.Properties?.FunctionName);
  const { functionName, handler, codeFolder, timeoutSeconds, environment } = functionDefinition(
    stack,
    functionId,
  );
  if (Object.keys(environment).length > 0) {
    throw new CdnError(
      'config-invalid',
      `${functionId} runs at the edge and must have no environment`,
    );
  }
  const memory = stack.template.Resources[functionId]?.Properties?.MemorySize;
  const memoryMiB = typeof memory === 'number' ? memory : MEMORY_DEFAULT_MIB;
  return { functionName, handler, codeFolder, timeoutSeconds, memoryMiB };
}

function readOrigin(origin: OriginProperties): Origin {
  const [, bucketName, region] = S3_DOMAIN.exec(origin.DomainName) ?? [];
  if (bucketName === undefined || region === undefined) {
    throw new CdnError(
      'config-invalid',
      `the origin ${origin.Id} is not an S3 bucket's regional domain`,
    );
  }
  return {
    id: origin.Id,
    domainName: origin.DomainName,
    bucketName,
    region,
    path: origin.OriginPath,
    shieldRegion: origin.OriginShield?.Enabled ? origin.OriginShield.OriginShieldRegion : undefined,
    connectionAttempts: origin.ConnectionAttempts,
    connectionTimeoutSeconds: origin.ConnectionTimeout,
    customFields: Object.fromEntries(
      origin.OriginCustomHeaders.map((item) => [item.HeaderName.toLowerCase(), item.HeaderValue]),
    ),
  };
}

function target(
  targetId: string,
  groups: readonly { Id: string; members: readonly string[]; statuses: readonly number[] }[],
  originById: ReadonlyMap<string, Origin>,
): Pick<Behavior, 'origins' | 'failoverStatuses'> {
  const group = groups.find(({ Id }) => Id === targetId);
  const [first, ...rest] = (group?.members ?? [targetId]).flatMap((id) => originById.get(id) ?? []);
  if (!first) throw new CdnError('config-invalid', `no origin is called ${targetId}`);
  return { origins: [first, ...rest], failoverStatuses: new Set(group?.statuses) };
}

function properties<Schema extends z.ZodType>(
  stack: Stack,
  logicalId: string,
  type: string,
  schema: Schema,
): z.output<Schema> {
  const resource = stack.template.Resources[logicalId];
  if (resource?.Type !== type) {
    throw new CdnError('config-invalid', `${logicalId} is not an ${type} of ${stack.stackName}`);
  }
  const parsed = schema.safeParse(resolve(stack, resource.Properties));
  if (!parsed.success) {
    const faults = z.prettifyError(parsed.error);
    throw new CdnError('config-invalid', `this edge cannot act on ${logicalId}: ${faults}`);
  }
  return parsed.data;
}
