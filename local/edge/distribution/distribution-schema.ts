import { z } from 'zod';

/** `AWS::CloudFront::Distribution`, as far as this edge acts on it. Keys that change nothing on one machine are let pass by name; any other key is refused. */

const EVENT_TYPES = [
  'viewer-request',
  'origin-request',
  'origin-response',
  'viewer-response',
] as const;
/** This edge forwards no request bodies. */
const METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;
const ignored = z.unknown().optional();

const behaviorKeys = {
  TargetOriginId: z.string(),
  // TLS is taken as terminated in front of this server, so every viewer counts as having come by HTTPS.
  ViewerProtocolPolicy: z.enum(['allow-all', 'https-only', 'redirect-to-https']),
  AllowedMethods: z.array(z.enum(METHODS)).default(['GET', 'HEAD']),
  CachedMethods: z.array(z.enum(['GET', 'HEAD'])).default(['GET', 'HEAD']),
  Compress: z.boolean().default(false),
  CachePolicyId: z.string(),
  ResponseHeadersPolicyId: z.string().optional(),
  LambdaFunctionAssociations: z
    .array(
      z.strictObject({
        EventType: z.enum(EVENT_TYPES),
        LambdaFunctionARN: z.string(),
        IncludeBody: z.literal(false).optional(),
      }),
    )
    .default([]),
};
const defaultBehavior = z.strictObject(behaviorKeys);
const behavior = z.strictObject({ ...behaviorKeys, PathPattern: z.string() });

const origin = z.strictObject({
  Id: z.string(),
  DomainName: z.string(),
  OriginPath: z.string().default(''),
  // Sources of the defaults: AWS::CloudFront::Distribution Origin.
  ConnectionAttempts: z.number().int().min(1).max(3).default(3),
  ConnectionTimeout: z.number().int().min(1).max(10).default(10),
  S3OriginConfig: z.strictObject({ OriginAccessIdentity: z.literal('').optional() }),
  OriginAccessControlId: z.string(),
  OriginShield: z
    .strictObject({ Enabled: z.boolean().default(true), OriginShieldRegion: z.string().optional() })
    .optional(),
  OriginCustomHeaders: z
    .array(z.strictObject({ HeaderName: z.string(), HeaderValue: z.string() }))
    .default([]),
});

const originGroup = z
  .strictObject({
    Id: z.string(),
    Members: z.strictObject({
      Quantity: z.number(),
      Items: z.array(z.strictObject({ OriginId: z.string() })),
    }),
    FailoverCriteria: z.strictObject({
      StatusCodes: z.strictObject({ Quantity: z.number(), Items: z.array(z.number()) }),
    }),
    SelectionCriteria: z.literal('default').optional(),
  })
  .transform((group) => ({
    Id: group.Id,
    members: group.Members.Items.map((member) => member.OriginId),
    statuses: group.FailoverCriteria.StatusCodes.Items,
  }));

export const distributionSchema = z.object({
  DistributionConfig: z.strictObject({
    DefaultCacheBehavior: defaultBehavior,
    CacheBehaviors: z.array(behavior).default([]),
    Origins: z.array(origin),
    OriginGroups: z.strictObject({ Quantity: z.number(), Items: z.array(originGroup) }).optional(),
    DefaultRootObject: z.string().default(''),
    CustomErrorResponses: z
      .array(z.strictObject({ ErrorCode: z.number(), ErrorCachingMinTTL: z.number() }))
      .default([]),
    Enabled: z.literal(true),
    Aliases: ignored,
    Comment: ignored,
    HttpVersion: ignored,
    IPV6Enabled: ignored,
    Logging: ignored,
    PriceClass: ignored,
    ViewerCertificate: ignored,
    WebACLId: ignored,
  }),
});

export type BehaviorProperties = z.output<typeof defaultBehavior>;
export type OriginProperties = z.output<typeof origin>;
