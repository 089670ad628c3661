import { expect, test } from '@jest/globals';
import { eventRules } from '../../../local/cloud-assembly/event-rules.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

const rule = (properties: object, awsRegion = 'us-east-1') =>
  stackOf(
    {
      Greeter: functionResource(),
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['here'] },
          Targets: [{ Arn: { 'Fn::GetAtt': ['Greeter', 'Arn'] } }],
          ...properties,
        },
      },
    },
    { awsRegion },
  );

test('a target that transforms its input is refused rather than sent something else', () => {
  const stack = rule({ Targets: [{ Arn: { Ref: 'Greeter' }, InputTransformer: {} }] });
  expect(() => eventRules([stack], 'us-east-1')).toThrow('input transformer');
});

test('rules of other regions, rules that are off and rules by schedule are left out', () => {
  const stacks = [
    rule({}, 'eu-west-1'),
    rule({ State: 'DISABLED' }),
    rule({ EventPattern: undefined, ScheduleExpression: 'rate(1 day)' }),
  ];
  expect(eventRules(stacks, 'us-east-1')).toEqual([]);
});

test('a rule leads to its functions', () => {
  expect(eventRules([rule({})], 'us-east-1')).toMatchObject([
    { eventPattern: { source: ['here'] }, targets: [{ functionId: 'Greeter' }] },
  ]);
});
