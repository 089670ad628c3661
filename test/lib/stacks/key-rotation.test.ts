import { beforeAll, expect, test } from '@jest/globals';
import { environment } from '../../../lambda/key-rotation/environment.ts';
import { exampleConfig } from '../example-config.ts';
import { Synthesized } from '../synthesized.ts';

const SECRET =
  'arn:aws:secretsmanager:us-east-1:111122223333:secret:distributary/fill-plan-keys-??????';

let example: Synthesized;
beforeAll(async () => {
  example = await Synthesized.of(exampleConfig(), 'control');
});

const rotation = () =>
  example
    .resources('AWS::Lambda::Function')
    .find(({ Properties }) => Properties.FunctionName === 'distributary-key-rotation');

test('the rotation gets exactly its environment', () => {
  expect(rotation()?.Properties.Environment.Variables).toEqual({ PLAN_LIFETIME_HOURS: '72' });
  expect(environment).toEqual(['PLAN_LIFETIME_HOURS']);
});

test('keys of fill plans rotate every month, and are made once everything that takes is there', () => {
  const [schedule] = example.resources('AWS::SecretsManager::RotationSchedule');
  expect(schedule?.Properties).toEqual({
    SecretId: 'distributary/fill-plan-keys',
    RotationLambdaARN: { 'Fn::GetAtt': [rotation()?.logicalId, 'Arn'] },
    RotationRules: { ScheduleExpression: 'rate(30 days)' },
    RotateImmediatelyOnUpdate: true,
  });
  const dependsOn = (schedule as { DependsOn?: string[] } | undefined)?.DependsOn ?? [];
  const needed = ['SecretsFillPlanKeys', 'KeyRotationFunctionSecretsManager', 'KeyRotationRole'];
  for (const id of needed) expect(dependsOn).toContainEqual(expect.stringMatching(`^${id}`));
});

test('Secrets Manager alone may call it, for this secret of this account', () => {
  const permissions = example
    .properties('AWS::Lambda::Permission')
    .filter(({ FunctionName }) => FunctionName['Fn::GetAtt']?.[0] === rotation()?.logicalId);
  expect(permissions).toMatchObject([
    {
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '111122223333',
      SourceArn: SECRET,
    },
  ]);
});

test('it may change no other secret', () => {
  const [role] = example
    .resources('AWS::IAM::Role')
    .filter(({ logicalId }) => logicalId.startsWith('KeyRotation'));
  expect(role?.Properties.Policies[0].PolicyDocument.Statement).toEqual([
    {
      Effect: 'Allow',
      Action: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      Resource: SECRET,
    },
  ]);
});
