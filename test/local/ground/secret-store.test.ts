import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { SecretStore } from '../../../local/ground/secret-store.ts';

const config = loadConfig('config/example.yaml');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('nobody but the owner may read what is kept', () => {
  new SecretStore(folder, config).ocaDigest('metro-1' as OcaId);
  const files = readdirSync(folder);
  expect(files).toHaveLength(4);
  for (const file of files) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
});

test('a second run finds the keys and credentials of the first', () => {
  const first = new SecretStore(folder, config);
  const second = new SecretStore(folder, config);
  expect(second.sessionTokenKeys).toEqual(first.sessionTokenKeys);
  expect(second.operatorCredential).toBe(first.operatorCredential);
  expect(second.ocaDigest('metro-1' as OcaId)).toBe(first.ocaDigest('metro-1' as OcaId));
});

test('private halves are in Secrets Manager alone', () => {
  const store = new SecretStore(folder, config);
  const secret = store.valueByName.get('distributary/session-token-keys') ?? '';
  expect(JSON.parse(secret)).toMatchObject({ keys: [{ kty: 'OKP', d: expect.any(String) }] });
  expect(JSON.stringify([store.sessionTokenKeys, store.fillPlanKeys])).not.toContain('"d"');
});
