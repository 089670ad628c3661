import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { importTokenKey } from '#domain/tokens/session-token.ts';
import { decode } from '#protocol/decode.ts';
import { importSigningKey, keyDocument, makeSigningKey } from '#protocol/key-document.ts';

test('a document without a private half, or with more keys than eight, is refused', async () => {
  const key = await makeSigningKey();
  const { d, ...publicHalf } = key;
  expect(decode(keyDocument, { keys: [publicHalf] }).ok).toBe(false);
  expect(decode(keyDocument, { keys: Array(9).fill(key) }).ok).toBe(false);
  expect(d).toMatch(/^[\w-]{43}$/);
});

test('a new pair belongs together and is named by its thumbprint', async () => {
  const key = await makeSigningKey();
  const canonical = `{"crv":"Ed25519","kty":"OKP","x":"${key.x}"}`;
  expect(key.kid).toBe(createHash('sha256').update(canonical).digest('base64url'));
  const message = new TextEncoder().encode('message');
  const privateKey = await importSigningKey(key);
  const signature = await crypto.subtle.sign('Ed25519', privateKey, message);
  const publicKey = await importTokenKey(key.x);
  expect(await crypto.subtle.verify('Ed25519', publicKey, signature, message)).toBe(true);
  expect((await makeSigningKey()).kid).not.toBe(key.kid);
});
