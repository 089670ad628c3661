import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import type { PathwayId } from '#domain/ids.ts';
import {
  coversPath,
  importTokenKey,
  isForClient,
  type SessionClaims,
  signSessionToken,
  TOKEN_LENGTH_MAX,
  type TokenRules,
  verifySessionToken,
} from '#domain/tokens/session-token.ts';
import { epochMs } from '#domain/units.ts';

const ISSUED_SECONDS = 1_790_000_000;
const claims: SessionClaims = {
  iss: 'https://play.example.com',
  sid: 'b7f3',
  iat: ISSUED_SECONDS,
  exp: ISSUED_SECONDS + 3600,
  p: ['/content/movie1/'],
  pw: ['metro-1' as PathwayId, 'cloudfront'],
};

let keys: CryptoKeyPair;
let rules: TokenRules;
const at = (secondsAfterIssue: number): TokenRules => ({
  ...rules,
  now: epochMs((ISSUED_SECONDS + secondsAfterIssue) * 1000),
});
const mint = (changes: Partial<SessionClaims> = {}) =>
  signSessionToken({ ...claims, ...changes }, { kid: 'k1', privateKey: keys.privateKey });

beforeAll(async () => {
  keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const { x = '' } = await crypto.subtle.exportKey('jwk', keys.publicKey);
  rules = {
    keys: new Map([['k1', await importTokenKey(x)]]),
    issuer: claims.iss,
    now: epochMs((ISSUED_SECONDS + 60) * 1000),
  };
});

describe('a token is refused', () => {
  test('when it is absent', async () => {
    expect(await verifySessionToken('', rules)).toEqual({ ok: false, refusal: 'token-missing' });
  });

  test('when it is not three parts, too long, or not JSON', async () => {
    const long = `${await mint()}${'A'.repeat(TOKEN_LENGTH_MAX)}`;
    for (const token of ['x', 'a.b', 'a.b.c.d', 'a.b.c', '..', long]) {
      expect(await verifySessionToken(token, rules)).toEqual({
        ok: false,
        refusal: 'token-malformed',
      });
    }
  });

  test('when its key is not among those in force', async () => {
    const token = await signSessionToken(claims, { kid: 'old', privateKey: keys.privateKey });
    expect(await verifySessionToken(token, rules)).toMatchObject({ refusal: 'token-key-unknown' });
  });

  test('when it says that it needs no signature, or another algorithm', async () => {
    const [, payload, signature] = (await mint()).split('.');
    for (const alg of ['none', 'HS256', 'ES256', 'eddsa']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'k1' })).toString('base64url');
      const verdict = await verifySessionToken(`${header}.${payload}.${signature}`, rules);
      expect(verdict).toEqual({ ok: false, refusal: 'token-malformed' });
    }
  });

  test('when its header lists extensions that must be understood', async () => {
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', crit: ['b64'], b64: true })
      .sign(keys.privateKey);
    expect(await verifySessionToken(token, rules)).toMatchObject({ refusal: 'token-malformed' });
  });

  test('when any one character is changed', async () => {
    const token = await mint();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(...'ABab01-_'),
        async (index, letter) => {
          fc.pre(token[index] !== letter);
          const tampered = token.slice(0, index) + letter + token.slice(index + 1);
          expect((await verifySessionToken(tampered, rules)).ok).toBe(false);
        },
      ),
      { seed: 20261123, numRuns: 200 },
    );
  });

  test('when another issuer minted it with a key that we know', async () => {
    const token = await mint({ iss: 'https://elsewhere.example' });
    expect(await verifySessionToken(token, rules)).toMatchObject({ refusal: 'token-signature' });
  });

  test('when its time is over or has not come, with half a minute for clocks that differ', async () => {
    const token = await mint();
    expect(await verifySessionToken(token, at(3629))).toMatchObject({ ok: true });
    expect(await verifySessionToken(token, at(3630))).toMatchObject({ refusal: 'token-expired' });
    expect(await verifySessionToken(token, at(-30))).toMatchObject({ ok: true });
    expect(await verifySessionToken(token, at(-31))).toMatchObject({
      refusal: 'token-not-yet-valid',
    });
    const later = await mint({ nbf: ISSUED_SECONDS + 600 });
    expect(await verifySessionToken(later, at(60))).toMatchObject({
      refusal: 'token-not-yet-valid',
    });
  });

  test.each([
    ['no scope', { p: undefined }],
    ['a scope that is no list', { p: '/content/movie1/' }],
    ['a scope that does not end in a slash', { p: ['/content/movie1'] }],
    ['a lifetime in words', { exp: 'tomorrow' }],
    ['no session', { sid: 7 }],
    ['a network that is none', { net: '198.51.100.0' }],
    ['a network with host bits', { net: '198.51.100.7/24' }],
    ['a network in a list', { net: ['198.51.100.0/24'] }],
  ])('when its claims have %s', async (_what, changes) => {
    const token = await mint(changes as unknown as Partial<SessionClaims>);
    expect(await verifySessionToken(token, rules)).toMatchObject({ refusal: 'token-malformed' });
  });
});

test('a token that was minted is accepted with its claims', async () => {
  expect(await verifySessionToken(await mint(), rules)).toEqual({ ok: true, claims });
});

test('a token is a JWT: jose verifies ours and we verify one of jose', async () => {
  const verified = await jwtVerify(await mint(), keys.publicKey, {
    currentDate: new Date((ISSUED_SECONDS + 1) * 1000),
  });
  expect(verified.payload).toEqual(claims);
  const theirs = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .sign(keys.privateKey);
  expect(await verifySessionToken(theirs, rules)).toEqual({ ok: true, claims });
});

test('the private half of a jose key pair signs too', async () => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x = '' } = await exportJWK(pair.publicKey);
  const token = await signSessionToken(claims, { kid: 'k2', privateKey: pair.privateKey });
  const verdict = await verifySessionToken(token, {
    ...rules,
    keys: new Map([['k2', await importTokenKey(x)]]),
  });
  expect(verdict.ok).toBe(true);
});

test('a token for one title does not open a title whose name begins alike', () => {
  expect(coversPath(claims, '/content/movie1/video.mp4')).toBe(true);
  expect(coversPath(claims, '/content/movie10/video.mp4')).toBe(false);
  expect(coversPath(claims, '/content/movie1')).toBe(false);
});

test('a token for one network is nobody’s outside it, whatever form his address has', () => {
  const bound = { ...claims, net: '198.51.100.0/24' };
  const answers = (net: string, addresses: readonly string[]) =>
    addresses.map((address) => isForClient({ ...bound, net }, address));
  expect(
    answers('198.51.100.0/24', ['198.51.101.7', '2001:db8::7', '', 'client', '198.51.100.7:80']),
  ).toEqual([false, false, false, false, false]);
  expect(
    answers('198.51.100.0/24', ['198.51.100.7', '::ffff:198.51.100.7', '::ffff:c633:6407']),
  ).toEqual([true, true, true]);
  expect(
    answers('2001:db8:1::/48', ['2001:db8:1:ffff::9', '2001:db8:2::9', '198.51.100.7']),
  ).toEqual([true, false, false]);
  expect(isForClient(claims, 'anybody')).toBe(true);
});
