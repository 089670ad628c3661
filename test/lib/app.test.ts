import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import type { Config } from '../../lib/config/schema.ts';
import { exampleConfig, type RawConfig } from './example-config.ts';
import { type Properties, Synthesized } from './synthesized.ts';

const made: Synthesized[] = [];

function synthesize(config: Config, options: { isValidated?: boolean } = {}): Synthesized {
  const synthesized = new Synthesized(config, options);
  made.push(synthesized);
  return synthesized;
}

const variant = (edit: (config: RawConfig) => void) => synthesize(exampleConfig(edit));

afterEach(() => {
  for (const synthesized of made.splice(0)) synthesized.remove();
});

/** Every file below a folder, by its path within it. */
function filesOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, 'latin1')]));
}

test("the example satisfies AWS's resource schemas and rules, with nothing to look up", () => {
  const { folder } = synthesize(exampleConfig(), { isValidated: true });
  const report = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8'));
  expect(report.pluginReports).toEqual([]);
  expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).not.toHaveProperty(
    'missing',
  );
});

test('synthesis is the same byte for byte, wherever it is done', () => {
  const files = filesOf(synthesize(exampleConfig()).folder);
  const again = synthesize(exampleConfig());
  expect(filesOf(again.folder)).toEqual(files);
  const checkout = fileURLToPath(new URL('../..', import.meta.url));
  for (const place of [checkout, again.folder]) {
    expect([...files].filter(([, text]) => text.includes(place)).map(([name]) => name)).toEqual([]);
  }
});

test('no value crosses from one stack to another', () => {
  const example = synthesize(exampleConfig());
  expect(example.text()).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|Custom::/);
  expect(example.stacks.toSorted()).toEqual([
    'control',
    'edge',
    'monitoring',
    'origin-ap-southeast-1',
    'origin-eu-west-1',
    'origin-us-east-1',
    'playback-ap-northeast-1',
    'playback-ap-southeast-1',
    'playback-eu-central-1',
    'playback-eu-west-1',
    'playback-us-east-1',
    'playback-us-west-2',
    'routing',
    'tables',
  ]);
});

test('one origin region: nothing is replicated and nothing fails over', () => {
  const single = variant((config) => {
    config.regions.origins = ['us-east-1'];
  });
  const distribution = single.only('AWS::CloudFront::Distribution').DistributionConfig;
  expect(distribution.OriginGroups).toBeUndefined();
  expect(distribution.Origins.map(({ Id }: Properties) => Id).toSorted()).toEqual([
    'assets-us-east-1',
    'content-us-east-1',
  ]);
  expect(single.text()).not.toContain('ReplicationConfiguration');
});

test('an origin far from any shield is shielded where the configuration says', () => {
  const { Origins } = variant((config) => {
    config.regions.origins = ['us-east-1', 'eu-west-3'];
    config.regions.shieldByOrigin = { 'eu-west-3': 'eu-west-2' };
  }).only('AWS::CloudFront::Distribution').DistributionConfig;
  const shields = Origins.map(({ Id, OriginShield }: Properties) => [
    Id,
    OriginShield.OriginShieldRegion,
  ]);
  expect(shields).toContainEqual(['content-eu-west-3', 'eu-west-2']);
});

test('tokens switched off change the edge function and nothing else at the edge', () => {
  const codeOf = (synthesized: Synthesized) =>
    synthesized
      .properties('AWS::Lambda::Function', 'edge')
      .find(({ Description }) => Description.includes('session token'))?.Code.S3Key;
  const open = variant((config) => {
    config.tokens.required = false;
    delete config.tokens.publicKeys;
  });
  const example = synthesize(exampleConfig());
  expect(codeOf(open)).toMatch(/^[0-9a-f]{64}\.zip$/);
  expect(codeOf(open)).not.toBe(codeOf(example));
  const { CacheBehaviors } = open.only('AWS::CloudFront::Distribution').DistributionConfig;
  expect(CacheBehaviors[0].LambdaFunctionAssociations).toHaveLength(2);
});

test('the entitlement check is off until it is configured', () => {
  const environmentOf = (synthesized: Synthesized) =>
    synthesized
      .properties('AWS::Lambda::Function', 'playback-us-east-1')
      .find(({ FunctionName }) => FunctionName === 'distributary-playback')?.Environment.Variables;
  expect(environmentOf(synthesize(exampleConfig()))).toMatchObject({
    ENTITLEMENT_JWKS_URL: '',
    ENTITLEMENT_ISSUER: '',
    ENTITLEMENT_AUDIENCE: '',
  });
  const checked = variant((config) => {
    config.entitlement = { jwksUrl: 'https://a.example/jwks', issuer: 'a', audience: 'b' };
  });
  expect(environmentOf(checked)).toMatchObject({
    ENTITLEMENT_JWKS_URL: 'https://a.example/jwks',
    ENTITLEMENT_ISSUER: 'a',
    ENTITLEMENT_AUDIENCE: 'b',
  });
});

test('without recipients, sites or OCA addresses the rest stays as it is', () => {
  const bare = variant((config) => {
    config.alarms.recipients = [];
    config.sites = [];
  });
  expect(bare.resources('AWS::SNS::Subscription')).toEqual([]);
  expect(bare.resources('AWS::CloudWatch::Alarm')).toHaveLength(9);
  expect(bare.resources('AWS::Route53::RecordSet', 'routing')).toHaveLength(14);
});

test('an OCA without IPv6 gets one record, one without an address none', () => {
  const records = variant((config) => {
    delete config.sites[0].ocas[0].address.ipv6;
    delete config.sites[0].ocas[1].address;
    config.sites.length = 1;
  })
    .properties('AWS::Route53::RecordSet', 'routing')
    .filter(({ TTL }) => TTL !== undefined);
  expect(records.map(({ Name, Type, TTL }) => [Name, Type, TTL])).toEqual([
    ['metro-1.isp-metro.oca.example.com.', 'A', '60'],
  ]);
});

test('one playback region, elsewhere than the control plane, serves the world', () => {
  const small = variant((config) => {
    config.regions.playback = ['eu-west-1'];
  });
  const branches = small
    .properties('AWS::Route53::RecordSet', 'routing')
    .filter(({ GeoLocation }) => GeoLocation)
    .map(({ AliasTarget }) => AliasTarget.DNSName);
  expect(new Set(branches)).toEqual(new Set(['eu.play.example.com']));
  const replicas = small.properties('AWS::DynamoDB::GlobalTable')[0].Replicas;
  expect(replicas.map(({ Region }: Properties) => Region)).toEqual(['eu-west-1', 'us-east-1']);
});
