import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
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
