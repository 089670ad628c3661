import { expect, test } from '@jest/globals';
import { functionDefinition } from '../../../local/cloud-assembly/lambda-functions.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

test('a variable that only CloudFormation could resolve is refused by name', () => {
  const stack = stackOf({ Greeter: functionResource({ TABLE: { Ref: 'Table' } }) });
  expect(() => functionDefinition(stack, 'Greeter')).toThrow(
    'the variable TABLE of Greeter must be literal text',
  );
});

test('a function is read with its code, its variables and its timeout', () => {
  const stack = stackOf({ Greeter: functionResource({ WORD: 'hello' }) });
  expect(functionDefinition(stack, 'Greeter')).toEqual({
    functionName: 'greeter',
    awsRegion: 'us-east-1',
    handler: 'index.handler',
    codeFolder: '/assets/abc123',
    environment: { WORD: 'hello' },
    timeoutSeconds: 7,
  });
});
