import { expect, test } from '@jest/globals';
import { stateMachineResources } from '../../../local/cloud-assembly/state-machine-resources.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

const withDefinition = (DefinitionString: unknown) =>
  stackOf({
    Planner: functionResource(),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'cdn-planning',
        DefinitionString,
        DefinitionSubstitutions: { Plan: { 'Fn::GetAtt': ['Planner', 'Arn'] } },
      },
    },
  });

test('a definition that CloudFormation would have to put together is refused', () => {
  expect(() =>
    stateMachineResources([withDefinition({ 'Fn::Join': ['', []] })], 'us-east-1'),
  ).toThrow('the definition of Machine must be literal text');
});

test('state machines of other regions are left out', () => {
  expect(stateMachineResources([withDefinition('{}')], 'eu-west-1')).toEqual([]);
});

test('a placeholder leads to the function whose ARN comes in its place', () => {
  const [machine] = stateMachineResources([withDefinition('{}')], 'us-east-1');
  expect(machine).toMatchObject({ name: 'cdn-planning', stateMachineId: 'Machine' });
  expect([...(machine?.functionIdByPlaceholder ?? [])]).toEqual([[`\${${'Plan'}}`, 'Planner']]);
});
