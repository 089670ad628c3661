import { expect, test } from '@jest/globals';
import { referencesIn, referenceTo } from '../../../local/cloud-assembly/references.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

test('a value that leads to no function, or to two, is a broken assumption', () => {
  const stack = stackOf({ One: functionResource(), Two: functionResource() });
  const lookUp = (value: unknown) => () => referenceTo(stack, 'AWS::Lambda::Function', value);
  expect(lookUp('arn:aws:lambda:…')).toThrow('exactly one AWS::Lambda::Function');
  expect(lookUp([{ Ref: 'One' }, { Ref: 'Two' }])).toThrow('exactly one AWS::Lambda::Function');
});

test('references are found however an intrinsic function wraps them', () => {
  const value = {
    'Fn::Join': [
      '',
      [
        'integrations/',
        { Ref: 'A' },
        { 'Fn::GetAtt': ['B', 'Arn'] },
        { 'Fn::GetAtt': 'C.Arn' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax.
        { 'Fn::Sub': 'x${D}y${E.Arn}' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax.
        { 'Fn::Sub': ['${F}', { G: { Ref: 'G' } }] },
      ],
    ],
  };
  expect(referencesIn(value)).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G']);
});
