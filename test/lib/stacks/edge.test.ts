import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { EDGE_BUNDLE_BYTES_MAX } from '../../../lib/constructs/edge/edge-bundle-budget.ts';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const ABOVE = 'GreaterThanThreshold';
const BELOW = 'LessThanThreshold';

let example: Synthesized;
let distribution: Properties;
let behaviors: Properties[];

beforeAll(async () => {
  example = await Synthesized.of(exampleConfig(), 'edge');
  distribution = example.only('AWS::CloudFront::Distribution').DistributionConfig;
  behaviors = [...distribution.CacheBehaviors, distribution.DefaultCacheBehavior];
});

const refTo = (type: string, isThis: (properties: Properties) => boolean) =>
  example
    .resources(type, 'edge')
    .filter(({ Properties }) => isThis(Properties))
    .map(({ logicalId }) => ({ Ref: logicalId }))[0];

const functionOf = (behavior: Properties, eventType: string) => {
  const { LambdaFunctionARN } =
    behavior.LambdaFunctionAssociations.find((each: Properties) => each.EventType === eventType) ??
    {};
  const version = example
    .resources('AWS::Lambda::Version', 'edge')
    .find(({ logicalId }) => logicalId === LambdaFunctionARN?.Ref);
  return example
    .resources('AWS::Lambda::Function', 'edge')
    .find(({ logicalId }) => logicalId === version?.Properties.FunctionName.Ref);
};

test('behaviors match in this order, each with its origin, lifetimes and compression', () => {
  const policyNames = new Map(
    example
      .resources('AWS::CloudFront::CachePolicy', 'edge')
      .map(({ logicalId, Properties }) => [logicalId, Properties.CachePolicyConfig.Name]),
  );
  const originOf = (id: string) =>
    distribution.OriginGroups.Items.find((group: Properties) => group.Id === id).Members.Items.map(
      (member: Properties) => member.OriginId,
    );
  const rows = behaviors.map((behavior) => [
    behavior.PathPattern,
    originOf(behavior.TargetOriginId).join(' > '),
    policyNames.get(behavior.CachePolicyId.Ref),
    behavior.Compress,
  ]);
  const content = 'content-us-east-1 > content-eu-west-1';
  const assets = 'assets-us-east-1 > assets-eu-west-1';
  expect(rows).toEqual([
    ['/images/*', assets, 'distributary-images', true],
    ['*.mpd', content, 'distributary-manifests', true],
    ['*.m3u8', content, 'distributary-manifests', true],
    ['/~*/content/*', content, 'distributary-media', false],
    ['/~*/images/*', assets, 'distributary-images', true],
    [undefined, content, 'distributary-media', false],
  ]);
});

test.each([
  ['media', 0, 86_400, 31_536_000, false],
  ['manifests', 0, 300, 600, true],
  ['images', 3600, 2_592_000, 31_536_000, true],
])(
  '%s live %d / %d / %d s under a key of path and three parameters',
  (name, min, usual, max, isText) => {
    const policy = example
      .properties('AWS::CloudFront::CachePolicy')
      .map(({ CachePolicyConfig }) => CachePolicyConfig)
      .find(({ Name }) => Name === `distributary-${name}`);
    expect(policy).toMatchObject({
      MinTTL: min,
      DefaultTTL: usual,
      MaxTTL: max,
      ParametersInCacheKeyAndForwardedToOrigin: {
        CookiesConfig: { CookieBehavior: 'none' },
        HeadersConfig: { HeaderBehavior: 'none' },
        QueryStringsConfig: {
          QueryStringBehavior: 'whitelist',
          QueryStrings: ['profile', 'language', 'version'],
        },
        EnableAcceptEncodingGzip: isText,
        EnableAcceptEncodingBrotli: isText,
      },
    });
  },
);

test('every behavior admits by session token, dresses its responses, and is read-only over HTTPS', () => {
  for (const behavior of behaviors) {
    expect(functionOf(behavior, 'viewer-request')?.Properties.Description).toMatch(/session token/);
    expect(functionOf(behavior, 'origin-response')?.Properties.Description).toMatch(
      /cache lifetimes/,
    );
    expect(behavior).toMatchObject({
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS'],
      CachedMethods: ['GET', 'HEAD'],
      ViewerProtocolPolicy: 'https-only',
      ResponseHeadersPolicyId: refTo('AWS::CloudFront::ResponseHeadersPolicy', () => true),
    });
    expect(behavior).not.toHaveProperty('ForwardedValues');
    expect(behavior).not.toHaveProperty('OriginRequestPolicyId');
  }
});

test('the distribution speaks HTTP/2 and 3, IPv4 and IPv6, TLS 1.2, everywhere, under both names', () => {
  expect(distribution).toMatchObject({
    Aliases: ['cf-edge.example.com', 'assets.example.com'],
    Enabled: true,
    HttpVersion: 'http2and3',
    IPV6Enabled: true,
    PriceClass: 'PriceClass_All',
    ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2025', SslSupportMethod: 'sni-only' },
  });
  expect(distribution).not.toHaveProperty('Logging');
  expect(distribution).not.toHaveProperty('WebACLId');
  expect(example.only('AWS::CertificateManager::Certificate', 'edge')).toMatchObject({
    DomainName: 'cf-edge.example.com',
    SubjectAlternativeNames: ['assets.example.com'],
  });
});

test('origins are private S3 buckets by regional name, each with a shield beside it', () => {
  const accessControl = refTo('AWS::CloudFront::OriginAccessControl', () => true);
  const origins = distribution.Origins.map((origin: Properties) => [
    origin.Id,
    origin.DomainName,
    origin.OriginShield,
  ]);
  const expected = ['content', 'assets'].flatMap((kind) =>
    ['us-east-1', 'eu-west-1'].map((region) => [
      `${kind}-${region}`,
      `distributary-${kind}-111122223333-${region}.s3.${region}.amazonaws.com`,
      { Enabled: true, OriginShieldRegion: region },
    ]),
  );
  expect(origins.toSorted()).toEqual(expected.toSorted());
  for (const origin of distribution.Origins) {
    expect(origin.S3OriginConfig).toEqual({ OriginAccessIdentity: '' });
    expect(origin.OriginAccessControlId).toEqual({
      'Fn::GetAtt': [accessControl?.Ref, 'Id'],
    });
  }
  expect(
    example.only('AWS::CloudFront::OriginAccessControl').OriginAccessControlConfig,
  ).toMatchObject({ SigningBehavior: 'always', SigningProtocol: 'sigv4' });
  expect(example.text()).not.toMatch(/CloudFrontOriginAccessIdentity|ForwardedValues/);
});

test('an origin that fails is replaced by the second region; one that lacks the file is believed', () => {
  for (const { FailoverCriteria } of distribution.OriginGroups.Items) {
    expect(FailoverCriteria.StatusCodes.Items).toEqual([500, 502, 503, 504]);
  }
});

test('responses carry what players of any origin need, and what browsers should insist on', () => {
  const policy = example.only('AWS::CloudFront::ResponseHeadersPolicy').ResponseHeadersPolicyConfig;
  expect(policy.CorsConfig).toMatchObject({
    AccessControlAllowCredentials: false,
    AccessControlAllowOrigins: { Items: ['*'] },
    AccessControlAllowMethods: { Items: ['GET', 'HEAD', 'OPTIONS'] },
    AccessControlExposeHeaders: {
      Items: [
        'Cache-Status',
        'Content-Length',
        'Content-Range',
        'ETag',
        'Age',
        'X-Cache',
        'Retry-After',
      ],
    },
    OriginOverride: true,
  });
  expect(policy.CustomHeadersConfig.Items).toContainEqual({
    Header: 'Timing-Allow-Origin',
    Override: true,
    Value: '*',
  });
  expect(policy.SecurityHeadersConfig).toMatchObject({
    ContentTypeOptions: { Override: true },
    StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000, IncludeSubdomains: true },
  });
});

test('edge functions keep within what CloudFront allows, and outlive their stack', () => {
  const functions = example.resources('AWS::Lambda::Function', 'edge');
  expect(functions).toHaveLength(2);
  for (const { Properties, DeletionPolicy, UpdateReplacePolicy } of functions) {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs22.x',
      Architectures: ['x86_64'],
      MemorySize: 128,
      Timeout: 5,
    });
    for (const refused of ['Environment', 'TracingConfig', 'Layers', 'VpcConfig', 'FunctionName']) {
      expect(Properties).not.toHaveProperty(refused);
    }
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  }
  for (const version of example.resources('AWS::Lambda::Version', 'edge')) {
    expect(version.DeletionPolicy).toBe('Retain');
  }
  expect(example.resources('AWS::Logs::LogGroup', 'edge')).toEqual([]);
});

test('edge bundles keep to the byte budget that is committed for them', () => {
  const sizes = example.properties('AWS::Lambda::Function', 'edge').map(({ Code }) => {
    const folder = join(example.folder, `asset.${Code.S3Key.replace('.zip', '')}`);
    return statSync(join(folder, 'index.js')).size;
  });
  const budgets = Object.values(EDGE_BUNDLE_BYTES_MAX).toSorted((a, b) => a - b);
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    expect(size).toBeLessThanOrEqual(budgets[index] ?? 0);
  }
  expect(budgets.reduce((sum, budget) => sum + budget)).toBeLessThanOrEqual(40_000);
});

test('access logs go to the primary log bucket as Parquet, with what the player measured', () => {
  expect(example.only('AWS::Logs::DeliveryDestination')).toMatchObject({
    DestinationResourceArn: 'arn:aws:s3:::distributary-logs-111122223333-us-east-1/cloudfront',
    OutputFormat: 'parquet',
  });
  const delivery = example.only('AWS::Logs::Delivery');
  expect(delivery.S3EnableHiveCompatiblePath).toBe(true);
  expect(delivery.S3SuffixPath).toBe('{yyyy}/{MM}/{dd}/{HH}');
  const fields: string[] = delivery.RecordFields;
  expect(fields).toEqual(
    expect.arrayContaining(['date', 'time', 'cs-uri-stem', 'sc-status', 'sc-bytes', 'asn']),
  );
  // The reserved keys of CTA-5004: bl br bs cid d dl mtp nor nrr ot pr rtp sf sid st su tb v.
  expect(fields.filter((field) => field.startsWith('cmcd-'))).toHaveLength(18);
  expect(new Set(fields).size).toBe(fields.length);
  for (const personal of ['c-ip', 'cs-uri-query', 'cs(User-Agent)', 'x-forwarded-for', 'c-port']) {
    expect(fields).not.toContain(personal);
  }
});

test('errors leave the caches soon, so that a repair shows, and stay long enough to spare S3', () => {
  const rows = distribution.CustomErrorResponses.map((each: Properties) => [
    each.ErrorCode,
    each.ErrorCachingMinTTL,
    each.ResponseCode,
  ]);
  expect(rows).toEqual([
    [403, 10, undefined],
    [404, 10, undefined],
    [500, 1, undefined],
    [502, 1, undefined],
    [503, 1, undefined],
    [504, 1, undefined],
  ]);
});

test('alarms of CloudFront look at metrics that exist, and at nothing in quiet times', () => {
  expect(
    example.only('AWS::CloudFront::MonitoringSubscription').MonitoringSubscription
      .RealtimeMetricsSubscriptionConfig.RealtimeMetricsSubscriptionStatus,
  ).toBe('Enabled');
  const alarms = example.properties('AWS::CloudWatch::Alarm', 'edge');
  const dimensions = [
    { Name: 'DistributionId', Value: refTo('AWS::CloudFront::Distribution', () => true) },
    { Name: 'Region', Value: 'Global' },
  ];
  for (const alarm of alarms) {
    const metrics = [alarm, ...(alarm.Metrics ?? []).map((m: Properties) => m.MetricStat?.Metric)];
    for (const metric of metrics.filter((m) => m?.Namespace === 'AWS/CloudFront')) {
      expect(metric.Dimensions).toEqual(dimensions);
    }
    expect(alarm.AlarmActions).toHaveLength(1);
  }
  const rows = alarms.map((alarm) => [
    alarm.AlarmName.replace('distributary-', ''),
    alarm.ComparisonOperator,
    alarm.Threshold,
    alarm.TreatMissingData,
    (alarm.Metrics ?? []).flatMap(({ Expression }: Properties) => Expression ?? [])[0],
  ]);
  expect(rows).toEqual([
    ['cache-hit-rate-low', BELOW, 80, 'notBreaching', 'IF(requests >= 1000, rate, 100)'],
    ['client-errors-high', ABOVE, 1, 'notBreaching', 'IF(requests >= 1000, rate, 0)'],
    ['origin-latency-high', ABOVE, 500, 'notBreaching', 'IF(requests >= 1000, rate, 0)'],
    ['bandwidth-near-quota', ABOVE, 80, 'ignore', '100 * bytes * 8 / PERIOD(bytes) / 150000000000'],
    ['server-errors-high', ABOVE, 0.1, 'notBreaching', 'IF(requests >= 1000, rate, 0)'],
    ['server-certificate-expiring', BELOW, 14, 'ignore', undefined],
  ]);
});

test('both names of the distribution resolve over IPv4 and IPv6', () => {
  const records = example.properties('AWS::Route53::RecordSet', 'edge');
  expect(records.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
    'cf-edge.example.com. A',
    'cf-edge.example.com. AAAA',
    'assets.example.com. A',
    'assets.example.com. AAAA',
  ]);
});
