import { beforeAll, expect, test } from '@jest/globals';
import { environment } from '../../../../lambda/oca-records/environment.ts';
import { exampleConfig } from '../../example-config.ts';
import { type Properties, Synthesized } from '../../synthesized.ts';

let control: Synthesized;
let synthesized: Synthesized;

beforeAll(async () => {
  control = await Synthesized.of(exampleConfig(), 'control');
  synthesized = control.within('OcaRecords');
});

const statements = (): Properties[] => {
  const [role] = synthesized
    .properties('AWS::IAM::Role')
    .filter(({ Policies = [] }) => JSON.stringify(Policies).includes('route53'));
  return role.Policies.flatMap(({ PolicyDocument }: Properties) => PolicyDocument.Statement);
};

test('the function may change address records of OCAs, and no other record of the zone', () => {
  const zone = 'arn:aws:route53:::hostedzone/Z0123456789EXAMPLE';
  const onZone = statements().filter(({ Resource }) => Resource === zone);
  expect(onZone.map(({ Action, Condition }) => [Action, Condition])).toEqual([
    ['route53:ListResourceRecordSets', undefined],
    [
      'route53:ChangeResourceRecordSets',
      {
        'ForAllValues:StringLike': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['*.oca.example.com'],
        },
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'AAAA'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT', 'DELETE'],
        },
      },
    ],
  ]);
  const actions = statements().flatMap(({ Action }) => Action);
  expect(actions.filter((action: string) => action.startsWith('route53:'))).toHaveLength(2);
  expect(
    actions.filter((action: string) => /^dynamodb:(?!BatchGet|Get|Query)/.test(action)),
  ).toEqual([]);
});

test('it gets exactly its environment', () => {
  const { Variables } = synthesized.only('AWS::Lambda::Function').Environment;
  expect(Variables).toEqual({
    FLEET_TABLE: 'distributary-fleet',
    HOSTED_ZONE_ID: 'Z0123456789EXAMPLE',
    OCA_DOMAIN: 'oca.example.com',
  });
  expect(Object.keys(Variables).toSorted()).toEqual([...environment].toSorted());
});

test('it hears of every change of addresses, and what it gives up is kept', () => {
  const rule = synthesized.only('AWS::Events::Rule');
  expect(rule.EventPattern).toEqual({
    source: ['distributary'],
    'detail-type': ['OCA Addresses Changed'],
  });
  const [{ logicalId = '' } = {}] = control.resources('AWS::SQS::Queue');
  expect(rule.Targets[0].DeadLetterConfig.Arn['Fn::GetAtt'][0]).toBe(logicalId);
  const schedule = synthesized.only('AWS::Scheduler::Schedule');
  expect(schedule).toMatchObject({
    ScheduleExpression: 'cron(30 3 * * ? *)',
    ScheduleExpressionTimezone: 'Etc/UTC',
    Target: { Input: '{}' },
  });
  expect(schedule.Target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toBe(logicalId);
});
