import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import { environment as certificates } from '../../../lambda/certificates/environment.ts';
import { environment as authorizer } from '../../../lambda/control-authorizer/environment.ts';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const config = exampleConfig();
const [AUTHORITY = ''] = config.clients.authorities;

/** With these authorities, and with or without the sites whose OCAs are EC2 instances. */
const synthesize = (authorities: readonly string[], { hasEc2 }: { hasEc2: boolean }) => {
  const changed = exampleConfig((raw) => {
    raw.clients.authorities = authorities;
    if (!hasEc2) raw.sites = raw.sites.filter((site: { ec2?: object }) => !site.ec2);
  });
  return Synthesized.of(changed, 'control');
};

let one: Synthesized;
let two: Synthesized;
let second: string;
beforeAll(async () => {
  ({ certificate: second } = await makeAuthority({ name: 'second', now: epochMs(Date.now()) }));
  one = await synthesize([AUTHORITY], { hasEc2: false });
  two = await synthesize([AUTHORITY, second], { hasEc2: true });
});

const idOf = (type: string, isIt: (properties: Properties) => boolean): string => {
  const found = one.resources(type, 'control').filter(({ Properties }) => isIt(Properties));
  expect(found).toHaveLength(1);
  return found[0]?.logicalId ?? '';
};
const apiId = () => idOf('AWS::ApiGatewayV2::Api', ({ Name }) => Name === 'distributary-control');
const routes = () =>
  one
    .properties('AWS::ApiGatewayV2::Route', 'control')
    .filter(({ ApiId }) => ApiId.Ref === apiId());
const functionId = (name: string) =>
  idOf('AWS::Lambda::Function', ({ FunctionName }) => FunctionName === `distributary-${name}`);

const domain = (of: Synthesized): Properties =>
  of
    .properties('AWS::ApiGatewayV2::DomainName', 'control')
    .find(({ DomainName }) => DomainName === 'control.example.com');
const truststore = (of: Synthesized): string => domain(of).MutualTlsAuthentication.TruststoreUri;

test('every route of the control API asks the authorizer, by nothing that could be cached', () => {
  const authorizerId = idOf('AWS::ApiGatewayV2::Authorizer', ({ ApiId }) => ApiId.Ref === apiId());
  expect(routes().length).toBeGreaterThan(15);
  for (const { RouteKey, AuthorizationType, AuthorizerId } of routes())
    expect([RouteKey, AuthorizationType, AuthorizerId]).toEqual([
      RouteKey,
      'CUSTOM',
      { Ref: authorizerId },
    ]);
  const [properties] = one
    .properties('AWS::ApiGatewayV2::Authorizer', 'control')
    .filter(({ ApiId }) => ApiId.Ref === apiId());
  expect(properties).toMatchObject({
    AuthorizerType: 'REQUEST',
    AuthorizerPayloadFormatVersion: '2.0',
    EnableSimpleResponses: true,
    AuthorizerResultTtlInSeconds: 0,
    IdentitySource: [],
  });
  expect(JSON.stringify(properties.AuthorizerUri)).toContain(functionId('control-authorizer'));
});

test('the control API has these routes and no other', () => {
  expect(
    routes()
      .map(({ RouteKey }) => RouteKey)
      .toSorted(),
  ).toEqual([
    'DELETE /v1/denied-certificates/{serial}',
    'DELETE /v1/revoked-sessions/{sessionId}',
    'DELETE /v1/titles/{titleId}',
    'GET /v1/denied-certificates',
    'GET /v1/keys',
    'GET /v1/ocas',
    'GET /v1/ocas/{ocaId}/plan',
    'GET /v1/purges',
    'GET /v1/purges/{purgeId}',
    'GET /v1/revoked-sessions',
    'GET /v1/sites',
    'GET /v1/sites/{siteId}',
    'GET /v1/titles/{titleId}',
    'POST /v1/ocas/{ocaId}/certificate',
    'POST /v1/ocas/{ocaId}/drain',
    'POST /v1/ocas/{ocaId}/reports',
    'POST /v1/ocas/{ocaId}/sources',
    'POST /v1/operators/{name}/certificate',
    'POST /v1/plans',
    'POST /v1/purges',
    'PUT /v1/denied-certificates/{serial}',
    'PUT /v1/ocas/{ocaId}',
    'PUT /v1/ocas/{ocaId}/inventory',
    'PUT /v1/revoked-sessions/{sessionId}',
    'PUT /v1/sites/{siteId}',
  ]);
});

test('there is no way around mutual TLS: one name, one mapping, and no endpoint of API Gateway’s own', () => {
  const api = one
    .properties('AWS::ApiGatewayV2::Api', 'control')
    .find(({ Name }) => Name === 'distributary-control');
  expect(api.DisableExecuteApiEndpoint).toBe(true);
  const mappings = one
    .properties('AWS::ApiGatewayV2::ApiMapping', 'control')
    .filter(({ ApiId }) => ApiId.Ref === apiId());
  const domainId = idOf(
    'AWS::ApiGatewayV2::DomainName',
    ({ DomainName }) => DomainName === 'control.example.com',
  );
  expect(mappings.map(({ DomainName }) => DomainName)).toEqual([{ Ref: domainId }]);
  const [configuration, ...others] = domain(one).DomainNameConfigurations;
  expect(others).toEqual([]);
  expect(configuration.SecurityPolicy).toBe('TLS_1_2');
  expect(truststore(one)).toMatch(
    /^s3:\/\/cdk-hnb659fds-assets-111122223333-us-east-1\/[0-9a-f]{64}\.pem$/,
  );
});

/** The file that is put where the truststore is looked for. */
function bundleIn(of: Synthesized): string {
  const hash = truststore(of).split('/').at(-1)?.replace('.pem', '') ?? '';
  const manifest = JSON.parse(
    readFileSync(join(of.folder, 'distributary-control.assets.json'), 'utf8'),
  );
  return readFileSync(join(of.folder, manifest.files[hash].source.path), 'utf8');
}

test('the truststore holds the configured authorities, and another key when they change', () => {
  const blocks = (bundle: string) => bundle.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g);
  expect(blocks(bundleIn(one))?.map((pem) => new X509Certificate(pem).fingerprint256)).toEqual([
    new X509Certificate(AUTHORITY).fingerprint256,
  ]);
  expect(blocks(bundleIn(two))?.map((pem) => new X509Certificate(pem).fingerprint256)).toEqual([
    new X509Certificate(AUTHORITY).fingerprint256,
    new X509Certificate(second).fingerprint256,
  ]);
  expect(truststore(two)).not.toBe(truststore(one));
  expect(bundleIn(two)).not.toContain('PRIVATE');
});

test.each([
  ['control-authorizer', authorizer],
  ['certificates', certificates],
])('%s gets exactly its environment, in literals', (name, names) => {
  const { Properties } =
    one
      .resources('AWS::Lambda::Function', 'control')
      .find(({ logicalId }) => logicalId === functionId(name)) ?? {};
  const variables = Object.entries(Properties.Environment.Variables);
  expect(variables.map(([key]) => key).toSorted()).toEqual([...names].toSorted());
  expect(variables.every(([, value]) => typeof value === 'string')).toBe(true);
});

/** Names of the functions whose roles have a statement that `isIt`. */
function functionsThatMay(of: Synthesized, isIt: (statement: Properties) => boolean): string[] {
  const roles = of
    .resources('AWS::IAM::Role', 'control')
    .filter(({ Properties: { Policies = [] } }) =>
      Policies.flatMap((policy: Properties) => policy.PolicyDocument.Statement).some(isIt),
    )
    .map(({ logicalId }) => logicalId);
  return of
    .properties('AWS::Lambda::Function', 'control')
    .filter(({ Role }) => roles.includes(Role['Fn::GetAtt'][0]))
    .map(({ FunctionName }) => FunctionName);
}

test('the key of the authority is for those who sign, and for nobody else', () => {
  const readsKey = (statement: Properties) =>
    JSON.stringify(statement).includes(':secret:distributary/client-authority-');
  expect(functionsThatMay(one, readsKey)).toEqual(['distributary-certificates']);
  expect(functionsThatMay(two, readsKey)).toEqual([
    'distributary-certificates',
    'distributary-enrolment',
  ]);
});

test('the authorizer reads the deny list and writes nothing', () => {
  const writes = ({ Action }: Properties) =>
    [Action].flat().some((action: string) => /^dynamodb:(?!Get|BatchGet|Query)/.test(action));
  expect(functionsThatMay(one, writes)).not.toContain('distributary-control-authorizer');
  const reads = ({ Action, Resource }: Properties) =>
    [Action].flat().includes('dynamodb:Query') && JSON.stringify(Resource).includes('-fleet');
  expect(functionsThatMay(one, reads)).toContain('distributary-control-authorizer');
});

test('the secret of the authority begins empty: nobody gets a certificate before an operator has made one', () => {
  const [secret] = one
    .resources('AWS::SecretsManager::Secret', 'control')
    .filter(({ Properties }) => Properties.Name === 'distributary/client-authority');
  expect(secret).toMatchObject({
    Properties: { SecretString: '{}' },
    DeletionPolicy: 'Retain',
  });
  expect(secret?.Properties).not.toHaveProperty('ReplicaRegions');
});
