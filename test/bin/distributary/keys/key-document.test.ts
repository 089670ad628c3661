import { expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { decode } from '#protocol/decode.ts';
import { keyDocument, publicHalves } from '#protocol/key-document.ts';
import {
  credentialDigest,
  makeCredential,
  makeKeyDocument,
} from '../../../../bin/distributary/keys/key-document.ts';

const NOW = epochMs(1_800_000_000_000);

test('public halves have no private part', async () => {
  const halves = publicHalves(await makeKeyDocument(NOW));
  expect(halves).toHaveLength(2);
  expect(JSON.stringify(halves)).not.toContain('"d"');
});

test('a new document has a key that signs and a next one, as the control plane reads it', async () => {
  const document = await makeKeyDocument(NOW);
  expect(document.rotatedAt).toBe(NOW);
  expect(new Set(document.keys.map(({ kid }) => kid)).size).toBe(2);
  expect(decode(keyDocument, document)).toEqual({ ok: true, value: document });
});

test('a credential has 256 bits and a digest that is not itself', () => {
  const credential = makeCredential();
  expect(Buffer.from(credential, 'base64url')).toHaveLength(32);
  expect(credentialDigest(credential)).toMatch(/^[0-9a-f]{64}$/);
  expect(makeCredential()).not.toBe(credential);
});
