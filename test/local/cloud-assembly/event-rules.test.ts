import { expect, test } from '@jest/globals';
import { eventRules } from '../../../local/cloud-assembly/event-rules.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

const HERE = { homeRegion: 'us-east-1' };

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
  expect(() => eventRules([stack], HERE)).toThrow('input transformer');
});

test('rules of other regions, rules that are off and rules by schedule are left out', () => {
  const stacks = [
    rule({}, 'eu-west-1'),
    rule({ State: 'DISABLED' }),
    rule({ EventPattern: undefined, ScheduleExpression: 'rate(1 day)' }),
  ];
  expect(eventRules(stacks, HERE)).toEqual([]);
});

test('a rule leads to its functions', () => {
  expect(eventRules([rule({})], HERE)).toMatchObject([
    { eventPattern: { source: ['here'] }, targets: [{ kind: 'function', functionId: 'Greeter' }] },
  ]);
});

test('a rule leads to its state machine', () => {
  const stack = stackOf({
    Machine: { Type: 'AWS::StepFunctions::StateMachine' },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: { EventPattern: { source: ['here'] }, Targets: [{ Arn: { Ref: 'Machine' } }] },
    },
  });
  expect(eventRules([stack], HERE)).toMatchObject([
    { targets: [{ kind: 'state-machine', stateMachineId: 'Machine' }] },
  ]);
});

test('a function that is not run here is left out, and with its last target the rule', () => {
  const notRunHere = new Set(['greeter']);
  // Not even its input is looked at.
  const stack = rule({ Targets: [{ Arn: { Ref: 'Greeter' }, InputTransformer: {} }] });
  expect(eventRules([stack], { ...HERE, notRunHere })).toEqual([]);
});
