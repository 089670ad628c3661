import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { openSecretStore } from '../../../local/ground/secret-store.ts';

const DAY_MS = 86_400_000;
const config = loadConfig('config/example.yaml');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (now = Date.now()) => openSecretStore(folder, config, now);
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

test('nobody but the owner may read what is kept', async () => {
  await open();
  const files = readdirSync(folder);
  expect(files).toEqual(
    expect.arrayContaining([
      'client-authority.json',
      'oca-metro-1.pem',
      'operator.credential',
      'operator.pem',
      'server-authority.json',
      'server.pem',
      'session-token-keys.json',
    ]),
  );
  for (const file of files) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
});

test('a second run finds the keys, credentials and certificates of the first', async () => {
  const first = await open();
  const kept = new Map(readdirSync(folder).map((file) => [file, read(file)]));
  const second = await open();
  expect(second.sessionTokenKeys).toEqual(first.sessionTokenKeys);
  expect(second.operatorCredential).toBe(first.operatorCredential);
  expect(second.certificates.operatorPem).toBe(first.certificates.operatorPem);
  expect(new Map(readdirSync(folder).map((file) => [file, read(file)]))).toEqual(kept);
});

test('private halves are in Secrets Manager alone', async () => {
  const store = await open();
  const secret = store.valueByName.get('distributary/session-token-keys') ?? '';
  expect(JSON.parse(secret).keys[0]).toMatchObject({ kty: 'OKP', d: expect.any(String) });
  expect(JSON.stringify([store.sessionTokenKeys, store.fillPlanKeys])).not.toContain('"d"');
  expect(read('server-ca.pem')).not.toContain('PRIVATE');
});

test('each client has a certificate of its own, of the authority that signs the next ones', async () => {
  const { certificates, valueByName } = await open();
  const authority = JSON.parse(valueByName.get('distributary/client-authority') ?? '');
  const { publicKey } = new X509Certificate(authority.certificate);
  const files = [certificates.operatorFile, certificates.identityFile('metro-1')];
  const read = files.map((file) => new X509Certificate(readFileSync(file)));
  expect(read.map(({ subjectAltName }) => subjectAltName)).toEqual([
    'URI:urn:distributary:operator:this-machine',
    'URI:urn:distributary:oca:metro-1',
  ]);
  expect(read.every((certificate) => certificate.verify(publicKey))).toBe(true);
});

test('the server is known by the names of this machine alone, to those who trust its authority', async () => {
  const { certificates } = await open();
  const server = new X509Certificate(certificates.serverPem);
  const authority = new X509Certificate(readFileSync(certificates.serverAuthorityFile));
  expect(server.verify(authority.publicKey)).toBe(true);
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(server.checkHost('localhost')).toBe('localhost');
  expect(server.checkHost('control.example.com')).toBeUndefined();
});

test('a certificate past half of its life is made anew, the others stay', async () => {
  const now = Date.now();
  const first = await open(now);
  const server = first.certificates.serverPem;
  const young = await open(now + 14 * DAY_MS);
  expect(young.certificates.operatorPem).toBe(first.certificates.operatorPem);
  const later = await open(now + 16 * DAY_MS);
  expect(later.certificates.operatorPem).not.toBe(first.certificates.operatorPem);
  expect(later.certificates.serverPem).toBe(server);
  const end = new X509Certificate(later.certificates.operatorPem).validToDate.getTime();
  expect(end).toBeGreaterThan(now + 45 * DAY_MS);
});

test('with another authority every certificate of the old one is replaced', async () => {
  const first = await open();
  const other = await makeAuthority({ name: 'other', now: epochMs(Date.now()) });
  writeFileSync(join(folder, 'client-authority.json'), JSON.stringify(other));
  const second = await open();
  expect(second.certificates.operatorPem).not.toBe(first.certificates.operatorPem);
  const { publicKey } = new X509Certificate(other.certificate);
  expect(new X509Certificate(second.certificates.operatorPem).verify(publicKey)).toBe(true);
  expect(new X509Certificate(read('oca-metro-1.pem')).verify(publicKey)).toBe(true);
});
