import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exampleConfig, type RawConfig } from './example-config.ts';
import { type Properties, Synthesized } from './synthesized.ts';

const variant = (edit: (config: RawConfig) => void) => Synthesized.of(exampleConfig(edit));

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
let example: Synthesized;
/** What the CDK CLI would get: the same from the entry point, validated, in a process and a folder of its own. */
let validated: string;

beforeAll(async () => {
  validated = mkdtempSync(join(tmpdir(), 'distributary-entry-'));
  const elsewhere = join(validated, 'elsewhere');
  mkdirSync(elsewhere);
  const context = { config: join(CHECKOUT, 'config/example.yaml') };
  const env = {
    ...process.env,
    CDK_OUTDIR: join(validated, 'cdk.out'),
    CDK_CONTEXT_JSON: JSON.stringify(context),
  };
  const entry = promisify(execFile)(process.execPath, [join(CHECKOUT, 'bin/app.ts')], {
    cwd: elsewhere,
    env,
  });
  [example] = await Promise.all([Synthesized.of(exampleConfig()), entry]);
}, 60_000);

afterAll(() => rmSync(validated, { recursive: true, force: true }));

/** Every file below a folder, by its path within it. */
function filesOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, 'latin1')]));
}

test('what AWS would refuse is found offline: the example satisfies its schemas and rules', () => {
  const readJson = (name: string) =>
    JSON.parse(readFileSync(join(validated, 'cdk.out', name), 'utf8'));
  const { pluginReports } = readJson('validation-report.json');
  expect(pluginReports.flatMap(({ violations }: Properties) => violations)).toEqual([]);
  // Zones are concrete on purpose: the configuration says where a site stands.
  const acknowledged = pluginReports.flatMap(
    ({ suppressedViolations = [] }: Properties) => suppressedViolations,
  );
  expect(new Set(acknowledged.map(({ ruleName }: Properties) => ruleName))).toEqual(
    new Set(['W3010']),
  );
  expect(readJson('manifest.json')).not.toHaveProperty('missing');
});

test('synthesis is the same byte for byte, wherever it is done', () => {
  const files = filesOf(example.folder);
  const others = filesOf(join(validated, 'cdk.out'));
  others.delete('validation-report.json');
  expect([...others.keys()].toSorted()).toEqual([...files.keys()].toSorted());
  expect(
    [...files].filter(([name, text]) => others.get(name) !== text).map(([name]) => name),
  ).toEqual([]);
  for (const place of [CHECKOUT, example.folder]) {
    expect([...files].filter(([, text]) => text.includes(place)).map(([name]) => name)).toEqual([]);
  }
});

test('no value crosses from one stack to another', () => {
  expect(example.text()).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|Custom::/);
  expect(example.stacks.toSorted()).toEqual([
    'control',
    'edge',
    'logs',
    'monitoring',
    'oca-cloud-oregon',
    'oca-mec-boston',
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

test('with every switch off and one region of each kind, the rest stands', async () => {
  const bare = await variant((config) => {
    config.regions.origins = ['us-east-1'];
    config.regions.playback = ['eu-west-1'];
    config.tokens.required = false;
    delete config.tokens.publicKeys;
    config.alarms.recipients = [];
    config.sites = [];
  });
  const { Origins, OriginGroups, CacheBehaviors } = bare.only(
    'AWS::CloudFront::Distribution',
  ).DistributionConfig;
  const names = Origins.map(({ Id }: Properties) => Id);
  expect(names.toSorted()).toEqual(['assets-us-east-1', 'content-us-east-1']);
  expect(OriginGroups).toBeUndefined();
  expect(CacheBehaviors[0].LambdaFunctionAssociations).toHaveLength(2);
  expect(bare.text()).not.toContain('ReplicationConfiguration');
  expect(bare.resources('AWS::SNS::Subscription')).toEqual([]);
  expect(bare.text()).not.toContain('ReplicationLatency');
  const records = bare.properties('AWS::Route53::RecordSet', 'routing');
  expect(new Set(records.map(({ AliasTarget }) => AliasTarget.DNSName))).toEqual(
    new Set(['eu.play.example.com', 'world.play.example.com']),
  );
  const [table] = bare.properties('AWS::DynamoDB::GlobalTable');
  expect(table.Replicas.map(({ Region }: Properties) => Region)).toEqual([
    'eu-west-1',
    'us-east-1',
  ]);
  expect(playbackVariables(bare, 'eu-west-1')).toMatchObject({
    ENTITLEMENT_JWKS_URL: '',
    ENTITLEMENT_ISSUER: '',
    ENTITLEMENT_AUDIENCE: '',
  });
});

test('with what the example leaves out, that appears and nothing else', async () => {
  const full = await variant((config) => {
    config.regions.origins = ['us-east-1', 'eu-west-3'];
    config.regions.shieldByOrigin = { 'eu-west-3': 'eu-west-2' };
    config.entitlement = { jwksUrl: 'https://a.example/jwks', issuer: 'a', audience: 'b' };
  });
  const { Origins } = full.only('AWS::CloudFront::Distribution').DistributionConfig;
  expect(
    Origins.map(({ Id, OriginShield }: Properties) => [Id, OriginShield.OriginShieldRegion]),
  ).toContainEqual(['content-eu-west-3', 'eu-west-2']);
  expect(playbackVariables(full, 'us-east-1')).toMatchObject({
    ENTITLEMENT_JWKS_URL: 'https://a.example/jwks',
    ENTITLEMENT_ISSUER: 'a',
    ENTITLEMENT_AUDIENCE: 'b',
  });
});

const playbackVariables = (synthesized: Synthesized, region: string): Properties =>
  synthesized
    .properties('AWS::Lambda::Function', `playback-${region}`)
    .find(({ FunctionName }) => FunctionName === 'distributary-playback')?.Environment.Variables;
