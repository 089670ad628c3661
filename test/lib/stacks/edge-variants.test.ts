import { beforeAll, expect, test } from '@jest/globals';
import { exampleConfig, type RawConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

/** 300 of 150 Gbit/s and a little more: three distributions, and a rate rule. */
let large: Synthesized;
let example: Synthesized;

const edgeOf = (edit?: (config: RawConfig) => void): Promise<Synthesized> =>
  Synthesized.of(exampleConfig(edit), 'edge');

beforeAll(async () => {
  large = await edgeOf((config) => {
    config.traffic.cloudFrontPeakBitsPerSecond = 300e9 + 1;
    config.waf = { requestsPerAddressMax: 50_000 };
  });
  example = await edgeOf();
});

const configs = (synthesized: Synthesized): Properties[] =>
  synthesized
    .properties('AWS::CloudFront::Distribution')
    .map(({ DistributionConfig }) => DistributionConfig);

test('a peak beyond one quota makes as many distributions as carry it, alike but for their names', () => {
  const [first, ...others] = configs(large);
  expect(others).toHaveLength(2);
  expect([first, ...others].map(({ Aliases }) => Aliases)).toEqual([
    ['cf-edge.example.com', 'assets.example.com'],
    ['cf-edge-2.example.com'],
    ['cf-edge-3.example.com'],
  ]);
  const alike = ({ Aliases, ViewerCertificate, ...rest }: Properties) =>
    // CDK names an origin group after its distribution.
    JSON.parse(JSON.stringify(rest).replace(/Distribution\d?(OriginGroup\d)[0-9A-F]{8}/g, '$1'));
  for (const other of others) expect(alike(other)).toEqual(alike(first));
});

test('they share functions, policies and access control, and nothing is made twice that can be shared', () => {
  const counts = (type: string) => large.resources(type).length;
  expect([
    counts('AWS::Lambda::Function'),
    counts('AWS::CloudFront::CachePolicy'),
    counts('AWS::CloudFront::ResponseHeadersPolicy'),
    counts('AWS::CloudFront::OriginAccessControl'),
    counts('AWS::WAFv2::WebACL'),
  ]).toEqual([2, 3, 1, 1, 1]);
});

test('each has its certificate, its names over IPv4 and IPv6, its logs and its own metrics', () => {
  const ids = large.resources('AWS::CloudFront::Distribution').map(({ logicalId }) => logicalId);
  const certificates = large.resources('AWS::CertificateManager::Certificate');
  expect(certificates.map(({ Properties }) => Properties.DomainName)).toEqual([
    'cf-edge.example.com',
    'cf-edge-2.example.com',
    'cf-edge-3.example.com',
  ]);
  expect(configs(large).map((each) => each.ViewerCertificate.AcmCertificateArn)).toEqual(
    certificates.map(({ logicalId }) => ({ Ref: logicalId })),
  );
  const records = large.properties('AWS::Route53::RecordSet');
  const rows = records.map(({ Name, Type, AliasTarget }) => [
    Name,
    Type,
    AliasTarget.DNSName['Fn::GetAtt'][0],
  ]);
  expect(rows).toEqual(
    [
      ['cf-edge', ids[0]],
      ['assets', ids[0]],
      ['cf-edge-2', ids[1]],
      ['cf-edge-3', ids[2]],
    ].flatMap(([name, id]) => ['A', 'AAAA'].map((type) => [`${name}.example.com.`, type, id])),
  );
  const refs = ids.map((id) => ({ Ref: id }));
  expect(
    large
      .properties('AWS::CloudFront::MonitoringSubscription')
      .map(({ DistributionId }) => DistributionId),
  ).toEqual(refs);
  const sources = large.properties('AWS::Logs::DeliverySource');
  expect(sources.map(({ Name }) => Name)).toEqual([
    'distributary-cloudfront',
    'distributary-cloudfront-2',
    'distributary-cloudfront-3',
  ]);
  expect(JSON.stringify(sources.map(({ ResourceArn }) => ResourceArn))).toContain(ids[2]);
  expect(
    large.properties('AWS::Logs::Delivery').map(({ DeliverySourceName }) => DeliverySourceName),
  ).toEqual(sources.map(({ Name }) => Name));
  const watched = large
    .properties('AWS::CloudWatch::Alarm')
    .map(({ AlarmName }) => AlarmName)
    .filter((name: string) => name.includes('cache-hit-rate-low'));
  expect(watched).toEqual([
    'distributary-cache-hit-rate-low',
    'distributary-cache-hit-rate-low-2',
    'distributary-cache-hit-rate-low-3',
  ]);
});

test('a second distribution replaces nothing of the first', () => {
  const idsOf = (synthesized: Synthesized) =>
    new Map(
      [
        'AWS::CloudFront::Distribution',
        'AWS::CertificateManager::Certificate',
        'AWS::CloudFront::MonitoringSubscription',
        'AWS::Logs::DeliverySource',
        'AWS::Route53::RecordSet',
        'AWS::CloudWatch::Alarm',
        'AWS::SNS::Topic',
      ].map((type) => [type, synthesized.resources(type).map(({ logicalId }) => logicalId)]),
    );
  for (const [type, ids] of idsOf(example)) {
    expect([type, idsOf(large).get(type)]).toEqual([type, expect.arrayContaining(ids)]);
  }
});

test('the rate rule counts by address over five minutes and refuses as players understand it', () => {
  const { Scope, DefaultAction, Rules, CustomResponseBodies, VisibilityConfig } =
    large.only('AWS::WAFv2::WebACL');
  expect([Scope, DefaultAction]).toEqual(['CLOUDFRONT', { Allow: {} }]);
  expect(Rules).toHaveLength(1);
  const [rule] = Rules;
  expect(rule.Statement.RateBasedStatement).toEqual({
    AggregateKeyType: 'IP',
    EvaluationWindowSec: 300,
    Limit: 50_000,
  });
  const { ResponseCode, ResponseHeaders, CustomResponseBodyKey } = rule.Action.Block.CustomResponse;
  expect(ResponseCode).toBe(429);
  expect(ResponseHeaders).toEqual(
    expect.arrayContaining([
      { Name: 'Retry-After', Value: '300' },
      { Name: 'Access-Control-Allow-Origin', Value: '*' },
    ]),
  );
  const body = CustomResponseBodies[CustomResponseBodyKey];
  expect(body.ContentType).toBe('APPLICATION_JSON');
  expect(JSON.parse(body.Content)).toMatchObject({ status: 429, code: 'too-many-requests' });
  for (const visibility of [VisibilityConfig, rule.VisibilityConfig]) {
    expect(visibility).toMatchObject({
      CloudWatchMetricsEnabled: true,
      SampledRequestsEnabled: false,
    });
  }
  const [{ logicalId = '' } = {}] = large.resources('AWS::WAFv2::WebACL');
  for (const each of configs(large)) {
    expect(each.WebACLId).toEqual({ 'Fn::GetAtt': [logicalId, 'Arn'] });
  }
});

test('without the rule there is no web ACL, and one quota needs one distribution', async () => {
  expect(example.resources('AWS::WAFv2::WebACL')).toEqual([]);
  expect(configs(example)).toHaveLength(1);
  const exact = await edgeOf((config) => {
    config.traffic.cloudFrontPeakBitsPerSecond = 150e9;
  });
  expect(configs(exact)).toHaveLength(1);
});
