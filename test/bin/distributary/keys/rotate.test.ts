import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { type KeyDocument, makeSigningKey, type SigningKey } from '#protocol/key-document.ts';
import { makeKeyDocument } from '../../../../bin/distributary/keys/key-document.ts';
import { withPublicKeys } from '../../../../bin/distributary/keys/public-keys-text.ts';
import { main } from '../../../../bin/distributary/main.ts';
import { loadConfig } from '../../../../lib/config/load-config.ts';
import { SecretVersions } from '../../../../local/secrets/secret-versions.ts';
import { secretVersionsServer } from '../../../../local/secrets/secrets-server.ts';
import { listening } from '../../../local/listening.ts';

const EXAMPLE = readFileSync('config/example.yaml', 'utf8');
const MONTH_MS = 30 * 24 * 3_600_000;

let folder: string;
let configFile: string;
let secretFile: string;
let document: KeyDocument;
let complained: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'distributary-rotate-'));
  configFile = join(folder, 'my.yaml');
  secretFile = join(folder, 'session-token-keys.json');
  complained = [];
  document = await makeKeyDocument(epochMs(Date.now() - MONTH_MS));
  writeSecret(document);
  writeFileSync(configFile, exampleWith(document.keys));
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'error').mockImplementation((line) => complained.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** The example with other keys in the place of its own. */
const exampleWith = (keys: readonly SigningKey[]): string => {
  const lines = keys.map(({ kid, x }) => `    - kid: ${kid}\n      x: ${x}\n`).join('');
  return EXAMPLE.replace(/( {2}publicKeys:\n)(?: {4}.*\n)+/, `$1${lines}`);
};
const writeSecret = (value: KeyDocument) => writeFileSync(secretFile, JSON.stringify(value));
const secret = (): KeyDocument => JSON.parse(readFileSync(secretFile, 'utf8'));
const kids = ({ keys }: KeyDocument) => keys.map(({ kid }) => kid);
const configured = () => loadConfig(configFile).tokens.publicKeys?.map(({ kid }) => kid);
const rotate = (...more: string[]) =>
  main(['keys', 'rotate', 'session-token-keys', '--config', configFile, ...more], {});

test('keys of fill plans are not the operator’s to rotate', async () => {
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  expect(await main(['keys', 'rotate', 'fill-plan-keys', '--config', configFile], {})).toBe(2);
});

test('a next key that is not in the configuration is not let sign, and nothing changes', async () => {
  const others = [document.keys[0] as SigningKey, await makeSigningKey()];
  writeFileSync(configFile, exampleWith(others));
  const before = readFileSync(configFile, 'utf8');
  expect(await rotate('--secret-file', secretFile)).toBe(1);
  expect(complained.join()).toContain(`the next key ${document.keys[1]?.kid} is not in`);
  expect(secret()).toEqual(document);
  expect(readFileSync(configFile, 'utf8')).toBe(before);
});

test('while tokens of the previous key may be in force nothing is rotated', async () => {
  writeSecret({ ...document, rotatedAt: epochMs(Date.now() - 3_600_000) });
  expect(await rotate('--secret-file', secretFile)).toBe(1);
  expect(complained.join()).toContain('rotation-too-soon');
  expect(kids(secret())).toEqual(kids(document));
});

test('an empty secret is told what to do', async () => {
  writeSecret({ keys: [] });
  expect(await rotate('--secret-file', secretFile)).toBe(1);
  expect(complained.join()).toContain('keys generate');
});

test('what is no document of keys is refused without being quoted', async () => {
  writeFileSync(secretFile, 'hunter2');
  expect(await rotate('--secret-file', secretFile)).toBe(1);
  expect(complained.join()).toContain('message-invalid');
  expect(complained.join()).not.toContain('hunter2');
});

test('a configuration that cannot be written leaves the secret as it is', async () => {
  writeFileSync(`${configFile}.${process.pid}.new`, 'somebody else writes it now');
  expect(await rotate('--secret-file', secretFile)).toBe(1);
  expect(secret()).toEqual(document);
});

test('the next key signs, a new one stands in the configuration, and the one before still verifies', async () => {
  expect(await rotate('--secret-file', secretFile)).toBe(0);
  const after = secret();
  expect(kids(after)).toEqual([kids(document)[1], expect.any(String), kids(document)[0]]);
  expect(configured()?.toSorted()).toEqual(kids(after).toSorted());
  expect(statSync(secretFile).mode & 0o077).toBe(0);
  expect(readdirSync(folder).toSorted()).toEqual(['my.yaml', 'session-token-keys.json']);
});

test('a document without a next key gets one, and the key that signs goes on', async () => {
  const [signing] = document.keys as [SigningKey];
  writeSecret({ keys: [signing] });
  expect(await rotate('--secret-file', secretFile)).toBe(0);
  expect(kids(secret())).toEqual([signing.kid, expect.any(String)]);
  expect(configured()).toContain(kids(secret())[1]);
});

test('the secret of the configuration is rotated in Secrets Manager', async () => {
  const versions = new SecretVersions(JSON.stringify(document));
  const server = secretVersionsServer(new Map([['distributary/session-token-keys', versions]]));
  const { url, close } = await listening(server);
  const environment = { ...process.env };
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = url;
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  try {
    expect(await rotate()).toBe(0);
  } finally {
    process.env = environment;
    await close();
  }
  const after: KeyDocument = JSON.parse(versions.read({ stage: 'AWSCURRENT' }).value);
  expect(kids(after)[0]).toBe(kids(document)[1]);
  expect(configured()?.toSorted()).toEqual(kids(after).toSorted());
});

const CONFIG = `tokens: # of sessions
  publicKeys:
    # made in winter
    - kid: a
      x: AAAA # the first
    - { kid: b, x: BBBB }

limits: { peak: 100e9 } # as it was written
`;
const key = (kid: string) => ({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid, x: 'NEW' }) as const;

test('a list that is not a line a key, or that no key stays in, is left alone', () => {
  for (const text of ['tokens: { publicKeys: [{ kid: a, x: A }] }\n', 'tokens: {}\n', 'a: 1\n'])
    expect(() => withPublicKeys(text, [key('a')])).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
  expect(() => withPublicKeys(CONFIG, [key('c')])).toThrow('names no key that stays in force');
});

test('keys come and go, and all else stays to the byte', () => {
  expect(withPublicKeys(CONFIG, [key('b'), key('a')])).toBe(CONFIG);
  expect(withPublicKeys(CONFIG, [key('b'), key('c')])).toBe(`tokens: # of sessions
  publicKeys:
    # made in winter
    - { kid: b, x: BBBB }
    - kid: c
      x: NEW

limits: { peak: 100e9 } # as it was written
`);
});

test('a file that ends with its last key gets a new one too', () => {
  const text = 'tokens:\n  publicKeys:\n  - kid: a\n    x: AAAA';
  expect(withPublicKeys(text, [key('a'), key('b')])).toBe(`${text}\n  - kid: b\n    x: NEW\n`);
});
