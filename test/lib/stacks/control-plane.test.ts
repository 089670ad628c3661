import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { isPublicIpv4, isPublicIpv6 } from '#domain/steering/public-address.ts';
import { environment as catalogIngest } from '../../../lambda/catalog-ingest/environment.ts';
import { environment as control } from '../../../lambda/control/environment.ts';
import { environment as fillPlanner } from '../../../lambda/fill-planner/environment.ts';
import { environment as playback } from '../../../lambda/playback/environment.ts';
import { environment as steering } from '../../../lambda/steering/environment.ts';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const PLAYBACK_REGIONS = exampleConfig().regions.playback;
let example: Synthesized;

beforeAll(async () => {
  example = await Synthesized.of(exampleConfig());
});

const functionNamed = (name: string, stack: string) =>
  example
    .properties('AWS::Lambda::Function', stack)
    .find(({ FunctionName }) => FunctionName === `distributary-${name}`);

test.each([
  ['control', control, 'control'],
  ['catalog-ingest', catalogIngest, 'control'],
  ['fill-planner', fillPlanner, 'control'],
  ['playback', playback, 'playback-eu-west-1'],
  ['steering', steering, 'playback-eu-west-1'],
])('%s gets exactly its environment, in literals, on arm64 with tracing', (name, names, stack) => {
  const fn = functionNamed(name, stack);
  expect(fn).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    TracingConfig: { Mode: 'Active' },
  });
  const variables = Object.entries(fn.Environment.Variables);
  expect(variables.map(([key]) => key).toSorted()).toEqual([...names].toSorted());
  expect(variables.filter(([, value]) => typeof value !== 'string')).toEqual([]);
});

test('every bundle starts in plain Node.js with the environment that its stack sets', () => {
  const functions = ['control', 'playback-eu-west-1'].flatMap((stack) =>
    example.properties('AWS::Lambda::Function', stack),
  );
  const runs = functions.map(({ Code, Environment }) => ({
    file: join(example.folder, `asset.${Code.S3Key.replace('.zip', '')}`, 'index.js'),
    variables: { AWS_REGION: 'us-east-1', ...Environment.Variables },
  }));
  const script = `for (const { file, variables } of ${JSON.stringify(runs)}) {
    Object.assign(process.env, variables);
    console.log(typeof require(file).handler);
  }`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toEqual(functions.map(() => 'function'));
});

const routesOf = (stack: string): string[] =>
  example.properties('AWS::ApiGatewayV2::Route', stack).map(({ RouteKey }) => RouteKey);

test('the playback APIs have these routes and no other', () => {
  for (const region of PLAYBACK_REGIONS) {
    expect(routesOf(`playback-${region}`).toSorted()).toEqual([
      'GET /health',
      'GET /v1/explain',
      'GET /v1/playback/{titleId}',
      'GET /v1/playback/{titleId}/main.m3u8',
      'GET /v1/playback/{titleId}/manifest.mpd',
      'GET /v1/steering/dash',
      'GET /v1/steering/hls',
      'GET /v1/titles',
    ]);
  }
});

test('APIs are reached by our own names only, and browsers of any origin may play', () => {
  for (const api of example.properties('AWS::ApiGatewayV2::Api')) {
    expect(api).toMatchObject({ DisableExecuteApiEndpoint: true, IpAddressType: 'dualstack' });
  }
  const cors = example.only('AWS::ApiGatewayV2::Api', 'playback-us-west-2').CorsConfiguration;
  expect(cors).toMatchObject({
    AllowOrigins: ['*'],
    AllowHeaders: ['authorization', 'content-type'],
  });
  for (const api of example.properties('AWS::ApiGatewayV2::Api', 'control'))
    expect(api).not.toHaveProperty('CorsConfiguration');
});

test('nothing is logged or measured a request that nobody reads: it would cost more than the requests', () => {
  const functions = ['control', ...PLAYBACK_REGIONS.map((region) => `playback-${region}`)].flatMap(
    (stack) => example.properties('AWS::Lambda::Function', stack),
  );
  expect(functions.length).toBeGreaterThan(20);
  for (const { FunctionName, LoggingConfig } of functions)
    expect([FunctionName, LoggingConfig]).toMatchObject([
      FunctionName,
      { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
    ]);
  for (const { DefaultRouteSettings } of example.properties('AWS::ApiGatewayV2::Stage'))
    expect(DefaultRouteSettings?.DetailedMetricsEnabled ?? false).toBe(false);
});

test('whoever knocks at enrolment without end leaves the control API its share of the account’s requests', () => {
  const [enrolment, ...others] = example
    .properties('AWS::ApiGatewayV2::Stage', 'control')
    .map(({ DefaultRouteSettings }) => DefaultRouteSettings)
    .filter((settings) => settings !== undefined);
  expect(enrolment).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 100 });
  expect(others).toEqual([]);
});

test('viewers use four fifths of the requests that the account may have in a region, no more', () => {
  for (const region of PLAYBACK_REGIONS)
    expect(
      example.only('AWS::ApiGatewayV2::Stage', `playback-${region}`).DefaultRouteSettings,
    ).toEqual({ ThrottlingRateLimit: 8000, ThrottlingBurstLimit: 4000 });
});

/** Source: Step Functions Developer Guide, "Logging in CloudWatch". */
const LOG_DELIVERY_ACTIONS = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];

test('no role may do anything that is not spelled out', () => {
  const statements = [
    ...example.properties('AWS::IAM::Role').flatMap(({ Policies = [] }) => Policies),
    ...example.properties('AWS::IAM::Policy'),
  ].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const actions = statements.flatMap(({ Action }) => Action);
  expect(actions.filter((action: string) => action.includes('*'))).toEqual([]);
  const unbound = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
  expect(new Set(unbound.flatMap(({ Action }) => Action))).toEqual(
    new Set([
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
      // Of a state machine; log deliveries and sampling rules have no resources of their own.
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      // Distributions are found by their host names, in the list of all.
      'cloudfront:ListDistributions',
      ...LOG_DELIVERY_ACTIONS,
    ]),
  );
  for (const { RoleName = '', ManagedPolicyArns } of example.properties('AWS::IAM::Role')) {
    // Instances are managed through Systems Manager, whose needs are AWS's to say.
    const isOfInstances = /^distributary-oca-/.test(RoleName);
    expect([RoleName, ManagedPolicyArns?.length ?? 0]).toEqual([RoleName, isOfInstances ? 1 : 0]);
  }
});

test('only the control function may invalidate, and only in distributions of this deployment', () => {
  const allowed = example
    .properties('AWS::IAM::Role')
    .flatMap(({ Policies = [] }) =>
      Policies.flatMap(({ PolicyDocument }: Properties) => PolicyDocument.Statement).filter(
        ({ Action }: Properties) => [Action].flat().includes('cloudfront:CreateInvalidation'),
      ),
    );
  expect(allowed).toEqual([
    {
      Action: ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'],
      Effect: 'Allow',
      Resource: 'arn:aws:cloudfront::111122223333:distribution/*',
      Condition: { StringEquals: { 'aws:ResourceTag/distributary:deployment': 'distributary' } },
    },
  ]);
});

test('tables are global, recoverable and kept, with a replica wherever they are read', () => {
  const tables = example.resources('AWS::DynamoDB::GlobalTable', 'tables');
  expect(tables.map(({ Properties }) => Properties.TableName)).toEqual([
    'distributary-fleet',
    'distributary-titles',
    'distributary-health',
    'distributary-sessions',
  ]);
  for (const { Properties, DeletionPolicy } of tables) {
    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAtSeconds', Enabled: true },
    });
    const replicas = Properties.Replicas;
    expect(replicas.map(({ Region }: Properties) => Region).toSorted()).toEqual(
      PLAYBACK_REGIONS.toSorted(),
    );
    for (const replica of replicas) {
      expect(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
      expect(replica.DeletionProtectionEnabled).toBe(true);
    }
    expect(DeletionPolicy).toBe('Retain');
  }
});

test('secrets begin empty, so that nothing is signed before an operator makes keys', () => {
  const secrets = example.resources('AWS::SecretsManager::Secret', 'control');
  expect(
    secrets.map(({ Properties: { Name, SecretString, ReplicaRegions = [] } }) => [
      Name,
      SecretString,
      ReplicaRegions.length,
    ]),
  ).toEqual([
    ['distributary/session-token-keys', '{"keys":[]}', 5],
    ['distributary/fill-plan-keys', '{"keys":[]}', 0],
    ['distributary/operator', '{"credentialDigests":[]}', 5],
    ['distributary/client-authority', '{}', 0],
  ]);
  expect(secrets.every(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toBe(true);
});

test('catalog ingest hears of catalogs, and what it cannot take is kept', () => {
  const rule = example
    .properties('AWS::Events::Rule', 'control')
    .find(({ Name }) => Name === 'distributary-catalog-object-created');
  expect(rule.EventPattern).toEqual({
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: {
      bucket: { name: ['distributary-content-111122223333-us-east-1'] },
      object: { key: [{ prefix: 'catalog/' }] },
    },
  });
  expect(rule.Targets).toMatchObject([
    {
      Arn: { 'Fn::GetAtt': [expect.stringMatching(/CatalogIngest/), 'Arn'] },
      DeadLetterConfig: expect.anything(),
    },
  ]);
});

test('play.<domain> is a tree: a continent, then equal weights, then a leaf that is watched', () => {
  const tree = example
    .properties('AWS::Route53::RecordSet', 'routing')
    .filter(({ Name, Type }) => Name === 'play.example.com.' && Type === 'AAAA')
    .map(({ GeoLocation, AliasTarget }) => [
      GeoLocation.ContinentCode ?? GeoLocation.CountryCode,
      AliasTarget.DNSName,
      AliasTarget.EvaluateTargetHealth,
    ]);
  expect(tree).toEqual([
    ['NA', 'na.play.example.com', true],
    ['SA', 'na.play.example.com', true],
    ['EU', 'eu.play.example.com', true],
    ['AF', 'eu.play.example.com', true],
    ['AS', 'as.play.example.com', true],
    ['OC', 'as.play.example.com', true],
    ['*', 'world.play.example.com', true],
  ]);
  const leaves = PLAYBACK_REGIONS.flatMap((region) =>
    example
      .properties('AWS::Route53::RecordSet', `playback-${region}`)
      .filter(({ Weight }) => Weight !== undefined),
  );
  expect(leaves).toHaveLength(4 * PLAYBACK_REGIONS.length);
  for (const leaf of leaves) {
    expect(leaf).toMatchObject({
      Weight: 100,
      HealthCheckId: expect.anything(),
      AliasTarget: { EvaluateTargetHealth: true },
    });
  }
  expect(
    example.only('AWS::Route53::HealthCheck', 'playback-eu-west-1').HealthCheckConfig,
  ).toMatchObject({
    Type: 'HTTPS',
    ResourcePath: '/health',
    FullyQualifiedDomainName: 'eu-west-1.play.example.com',
  });
});

test('every alias has an IPv6 twin, no template names an OCA, and no public record a private address', () => {
  const records = example.properties('AWS::Route53::RecordSet');
  const namesOf = (type: string) =>
    records
      .filter(({ Type }) => Type === type)
      .map(({ Name, SetIdentifier }) => [Name, SetIdentifier]);
  expect(namesOf('AAAA')).toEqual(namesOf('A'));
  expect(namesOf('A').filter(([name]) => name.endsWith('.oca.example.com.'))).toEqual([]);
  for (const { Type, ResourceRecords = [] } of records) {
    const isPublic = Type === 'A' ? isPublicIpv4 : isPublicIpv6;
    expect(ResourceRecords.filter((address: string) => !isPublic(address))).toEqual([]);
  }
});
