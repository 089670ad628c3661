import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { installSecrets } from '../../../../bin/distributary/keys/install-secrets.ts';
import { AwsFault, awsJsonServer } from '../../../../local/http/aws-json-server.ts';
import { exampleConfig } from '../../../lib/example-config.ts';
import { listening } from '../../../local/listening.ts';

const config = exampleConfig();
const { kid, x } = config.tokens.publicKeys?.[0] ?? { kid: '', x: '' };
const key = (id: string) => ({
  kty: 'OKP',
  crv: 'Ed25519',
  alg: 'EdDSA',
  kid: id,
  x,
  d: 'A'.repeat(43),
});
const TOKEN_KEYS = JSON.stringify({ keys: [key(kid)] });
const AUTHORITY = JSON.stringify({
  certificate: config.clients.authorities[0],
  privateKey: 'secret',
});

let folder: string;
let live: Map<string, string>;
let written: string[];
let client: SecretsManagerClient;
let close: () => Promise<void>;

/** The two operations of Secrets Manager that are asked for, over its own protocol. */
const secretsManager = () =>
  awsJsonServer({
    'secretsmanager.GetSecretValue': ({ SecretId }) => {
      const value = live.get(String(SecretId));
      if (value === undefined) throw new AwsFault('ResourceNotFoundException', 'none');
      return { Name: SecretId, SecretString: value };
    },
    'secretsmanager.PutSecretValue': ({ SecretId, SecretString }) => {
      live.set(String(SecretId), String(SecretString));
      written.push(String(SecretId));
      return { Name: SecretId };
    },
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'distributary-install-'));
  written = [];
  live = new Map([
    ['distributary/session-token-keys', '{"keys":[]}'],
    ['distributary/client-authority', '{}'],
    ['distributary/operator', '{"credentialDigests":[]}'],
  ]);
  const server = await listening(secretsManager());
  ({ close } = server);
  client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  put('session-token-keys.json', TOKEN_KEYS);
  put('client-authority.json', AUTHORITY);
});
afterEach(async () => {
  client.destroy();
  await close();
  rmSync(folder, { recursive: true });
});

const put = (file: string, text: string) => writeFileSync(join(folder, file), `${text}\n`);
const install = (replace = false) => installSecrets({ client, config, secrets: folder, replace });

test('values go into empty secrets; what the folder lacks is left alone', async () => {
  expect(await install()).toEqual([
    { secret: 'distributary/session-token-keys', outcome: 'installed' },
    { secret: 'distributary/client-authority', outcome: 'installed' },
  ]);
  expect(live.get('distributary/session-token-keys')).toBe(TOKEN_KEYS);
  expect(live.get('distributary/operator')).toBe('{"credentialDigests":[]}');
});

test('a second time changes nothing', async () => {
  await install();
  written = [];
  expect((await install()).map(({ outcome }) => outcome)).toEqual(['in-place', 'in-place']);
  expect(written).toEqual([]);
});

test('a live value that differs is refused before anything is written', async () => {
  live.set('distributary/client-authority', '{"certificate":"another","privateKey":"another"}');
  await expect(install()).rejects.toMatchObject({
    code: 'secret-in-use',
    message: expect.stringContaining('distributary/client-authority'),
  });
  expect(written).toEqual([]);
});

test('--replace puts it in the place of the live one', async () => {
  live.set('distributary/client-authority', '{"certificate":"another","privateKey":"another"}');
  expect(await install(true)).toEqual([
    { secret: 'distributary/session-token-keys', outcome: 'installed' },
    { secret: 'distributary/client-authority', outcome: 'replaced' },
  ]);
  expect(live.get('distributary/client-authority')).toBe(AUTHORITY);
});

test.each([
  ['session-token-keys', JSON.stringify({ keys: [key('another')] }), 'tokens.publicKeys'],
  ['session-token-keys', 'nonsense', 'tokens.publicKeys'],
  [
    'client-authority',
    JSON.stringify({ certificate: 'another', privateKey: 'x' }),
    'clients.authorities',
  ],
])(
  '%s that the configuration does not know is refused, without quoting it: %s',
  async (kind, text, where) => {
    put(`${kind}.json`, text);
    const error = await install().catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      code: 'config-invalid',
      message: `${kind}.json does not belong to ${where} of the configuration`,
    });
    expect(written).toEqual([]);
  },
);

test('before the first deployment there is nothing to put values into', async () => {
  live.delete('distributary/client-authority');
  await expect(install()).rejects.toMatchObject({
    code: 'config-invalid',
    message: 'there is no secret distributary/client-authority: deploy first',
  });
  expect(written).toEqual([]);
});

test('a folder without secrets is a mistake', async () => {
  rmSync(join(folder, 'session-token-keys.json'));
  rmSync(join(folder, 'client-authority.json'));
  await expect(install()).rejects.toMatchObject({ code: 'config-invalid' });
});
