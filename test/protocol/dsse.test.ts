import { createPublicKey, verify } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { decode } from '#protocol/decode.ts';
import { type DsseEnvelope, dsseEnvelope, openEnvelope, signEnvelope } from '#protocol/dsse.ts';

const TYPE = 'application/vnd.example+json';
let keys: CryptoKeyPair;
let envelope: DsseEnvelope;
const trusted = () => new Map([['k1', keys.publicKey]]);

beforeAll(async () => {
  keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  envelope = await signEnvelope(TYPE, '{"héllo":1}', { kid: 'k1', privateKey: keys.privateKey });
});

test('an envelope opens to the exact text that was signed', async () => {
  expect(await openEnvelope(envelope, TYPE, trusted())).toEqual({
    ok: true,
    payload: '{"héllo":1}',
    keyId: 'k1',
  });
});

test('the signature is over the pre-authentication encoding of the specification', async () => {
  const { x = '' } = await crypto.subtle.exportKey('jwk', keys.publicKey);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(`DSSEv1 28 ${TYPE} 12 {"héllo":1}`);
  expect(verify(null, signed, key, Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64'))).toBe(
    true,
  );
});

test('it does not open for another type, another key, a changed payload or no signature', async () => {
  const other = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  expect(await openEnvelope(envelope, 'text/plain', trusted())).toEqual({ ok: false });
  expect(await openEnvelope(envelope, TYPE, new Map([['k1', other.publicKey]]))).toEqual({
    ok: false,
  });
  expect(await openEnvelope(envelope, TYPE, new Map([['k2', keys.publicKey]]))).toEqual({
    ok: false,
  });
  expect(await openEnvelope({ ...envelope, payload: btoa('{}') }, TYPE, trusted())).toEqual({
    ok: false,
  });
  expect(await openEnvelope({ ...envelope, signatures: [] }, TYPE, trusted())).toEqual({
    ok: false,
  });
});

test('one good signature among unknown ones is enough', async () => {
  const many = { ...envelope, signatures: [{ keyid: 'k9', sig: 'AAAA' }, ...envelope.signatures] };
  expect(await openEnvelope(many, TYPE, trusted())).toMatchObject({ ok: true });
});

test('an envelope with more than 16 signatures is refused before any is checked', () => {
  const signatures = Array.from({ length: 17 }, () => ({ keyid: 'k', sig: 'AAAA' }));
  expect(decode(dsseEnvelope, { ...envelope, signatures }).ok).toBe(false);
});

test('payloads of every length and letter are carried as standard base64', async () => {
  const key = { kid: 'k1', privateKey: keys.privateKey };
  const texts = [
    '',
    ...Array.from({ length: 70 }, (_, length) => 'añ漢😀~'.repeat(9).slice(0, length)),
  ];
  for (const text of texts) {
    const { payload, signatures } = await signEnvelope(TYPE, text, key);
    expect(payload).toBe(Buffer.from(text).toString('base64'));
    expect(Buffer.from(signatures[0]?.sig ?? '', 'base64')).toHaveLength(64);
    // Half a character cannot be carried; it becomes U+FFFD on the way.
    const carried = Buffer.from(text).toString();
    const opened = await openEnvelope({ payloadType: TYPE, payload, signatures }, TYPE, trusted());
    expect(opened).toEqual({ ok: true, payload: carried, keyId: 'k1' });
  }
});
