import { beforeAll, expect, test } from '@jest/globals';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const config = exampleConfig((raw) => {
  raw.domain.dnssec = true;
  raw.prefix = 'my-cdn';
});
let signed: Synthesized;

beforeAll(async () => {
  signed = await Synthesized.of(config, 'zone-signing');
});

test('the option alone makes the stack', async () => {
  expect((await Synthesized.of(config)).stacks).toContain('zone-signing');
  expect((await Synthesized.of(exampleConfig())).stacks).not.toContain('zone-signing');
});

test('the zone is signed from us-east-1 by an active key on the curve that Route 53 takes', () => {
  expect(signed.regionOf('zone-signing')).toBe('us-east-1');
  const [key] = signed.resources('AWS::KMS::Key', 'zone-signing');
  expect(key?.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  expect(signed.only('AWS::Route53::KeySigningKey')).toEqual({
    HostedZoneId: 'Z0123456789EXAMPLE',
    KeyManagementServiceArn: { 'Fn::GetAtt': [key?.logicalId, 'Arn'] },
    Name: 'my_cdn',
    Status: 'ACTIVE',
  });
  expect(signed.only('AWS::Route53::DNSSEC')).toEqual({ HostedZoneId: 'Z0123456789EXAMPLE' });
});

test('Route 53 may sign with the key for this zone alone, and lend it to itself', () => {
  const { Statement } = signed.only('AWS::KMS::Key', 'zone-signing').KeyPolicy;
  const ours = Statement.filter(
    ({ Principal }: Properties) => Principal.Service === 'dnssec-route53.amazonaws.com',
  );
  expect(
    ours.map(({ Action, Condition }: Properties) => [[Action].flat(), Object.keys(Condition)]),
  ).toEqual([
    [['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign'], ['ArnEquals']],
    [['kms:CreateGrant'], ['Bool']],
  ]);
  expect(JSON.stringify(ours[0].Condition)).toContain(':route53:::hostedzone/Z0123456789EXAMPLE');
  expect(ours[1].Condition.Bool).toEqual({ 'kms:GrantIsForAWSResource': true });
});

test('whatever deletes the stack leaves the zone signed', () => {
  for (const type of ['AWS::KMS::Key', 'AWS::Route53::KeySigningKey', 'AWS::Route53::DNSSEC']) {
    const [resource] = signed.resources(type, 'zone-signing');
    expect([type, resource?.DeletionPolicy, resource?.UpdateReplacePolicy]).toEqual([
      type,
      'Retain',
      'Retain',
    ]);
  }
});

test('two alarms look at the zone, where its metrics are', () => {
  const alarms = signed.properties('AWS::CloudWatch::Alarm', 'zone-signing');
  expect(
    alarms.map(({ Namespace, MetricName, Dimensions }) => [Namespace, MetricName, Dimensions]),
  ).toEqual(
    ['DNSSECInternalFailure', 'DNSSECKeySigningKeysNeedingAction'].map((name) => [
      'AWS/Route53',
      name,
      [{ Name: 'HostedZoneId', Value: 'Z0123456789EXAMPLE' }],
    ]),
  );
  expect(alarms.every(({ AlarmActions }) => AlarmActions.length === 1)).toBe(true);
});
