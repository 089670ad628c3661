import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { secretsServer } from '../../../local/secrets/secrets-server.ts';
import { awsOptions, listening } from '../listening.ts';

let url: string;
let close: () => Promise<void>;
let client: SecretsManagerClient;
beforeEach(async () => {
  ({ url, close } = await listening(secretsServer(new Map([['cdn/operator', '{"a":1}']]))));
  client = new SecretsManagerClient(awsOptions(url));
});
afterEach(async () => {
  client.destroy();
  await close();
});

const get = (name: string) => client.send(new GetSecretValueCommand({ SecretId: name }));

test('a page of another site gets no secret', async () => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      origin: 'https://attacker.example',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    },
    body: JSON.stringify({ SecretId: 'cdn/operator' }),
  });
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain('"a"');
});

test('a secret that is not there is refused as Secrets Manager does', async () => {
  await expect(get('cdn/other')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('the SDK reads a secret by its name', async () => {
  await expect(get('cdn/operator')).resolves.toMatchObject({ SecretString: '{"a":1}' });
});

test('an operation that does not exist here is refused, and so is text that is not JSON', async () => {
  const post = async (target: string, body: string) => {
    const headers = { 'x-amz-target': target };
    const response = await fetch(url, { method: 'POST', headers, body });
    return (await response.json()) as unknown;
  };
  expect(await post('secretsmanager.DeleteSecret', '{}')).toMatchObject({
    __type: 'UnknownOperationException',
  });
  expect(await post('secretsmanager.GetSecretValue', '{')).toMatchObject({
    __type: 'SerializationException',
  });
});

test('a value that is put is the current one from then on, and the one before is the previous', async () => {
  await client.send(
    new PutSecretValueCommand({ SecretId: 'cdn/operator', SecretString: '{"a":2}' }),
  );
  await expect(get('cdn/operator')).resolves.toMatchObject({ SecretString: '{"a":2}' });
  const previous = { SecretId: 'cdn/operator', VersionStage: 'AWSPREVIOUS' };
  await expect(client.send(new GetSecretValueCommand(previous))).resolves.toMatchObject({
    SecretString: '{"a":1}',
  });
});

test('a version is current only once its stage is moved, from the version that has it', async () => {
  const SecretId = 'cdn/operator';
  const { VersionId: first } = await get(SecretId);
  const ClientRequestToken = '00000000-0000-4000-8000-000000000001';
  const pending = { SecretId, ClientRequestToken, VersionStages: ['AWSPENDING'] };
  await client.send(new PutSecretValueCommand({ ...pending, SecretString: '{"a":3}' }));
  await expect(
    client.send(new PutSecretValueCommand({ ...pending, SecretString: '{"a":4}' })),
  ).rejects.toMatchObject({ name: 'ResourceExistsException' });
  await expect(get(SecretId)).resolves.toMatchObject({ SecretString: '{"a":1}' });
  const move = (RemoveFromVersionId: string | undefined) =>
    client.send(
      new UpdateSecretVersionStageCommand({
        ...{ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken },
        RemoveFromVersionId,
      }),
    );
  await expect(move('another')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await move(first);
  await expect(get(SecretId)).resolves.toMatchObject({ SecretString: '{"a":3}' });
});
