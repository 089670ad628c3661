import { expect, test } from '@jest/globals';
import { decode } from '#protocol/decode.ts';
import {
  credentialDigest,
  keyDocument,
  makeCredential,
  makeKeyDocument,
  publicHalves,
} from '../../../../bin/distributary/keys/key-document.ts';

test('public halves have no private part', () => {
  expect(JSON.stringify(publicHalves(makeKeyDocument()))).not.toContain('"d"');
});

test('a rotation puts the new key first and keeps the old one', () => {
  const first = makeKeyDocument();
  const second = makeKeyDocument(first);
  expect(second.keys).toHaveLength(2);
  expect(second.keys[1]).toEqual(first.keys[0]);
  expect(second.keys[0]?.kid).not.toBe(first.keys[0]?.kid);
});

test('what is made is what the control plane reads, and the pair belongs together', async () => {
  const document = makeKeyDocument();
  expect(decode(keyDocument, document)).toEqual({ ok: true, value: document });
  const [key] = document.keys;
  const { kty = '', crv = '', x = '', d = '' } = key ?? {};
  const privateKey = await crypto.subtle.importKey('jwk', { kty, crv, x, d }, 'Ed25519', false, [
    'sign',
  ]);
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, [
    'verify',
  ]);
  const message = new TextEncoder().encode('message');
  const signature = await crypto.subtle.sign('Ed25519', privateKey, message);
  expect(await crypto.subtle.verify('Ed25519', publicKey, signature, message)).toBe(true);
});

test('a credential has 256 bits and a digest that is not itself', () => {
  const credential = makeCredential();
  expect(Buffer.from(credential, 'base64url')).toHaveLength(32);
  expect(credentialDigest(credential)).toMatch(/^[0-9a-f]{64}$/);
  expect(makeCredential()).not.toBe(credential);
});
