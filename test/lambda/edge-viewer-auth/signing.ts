import { type SessionClaims, signSessionToken } from '../../../domain/tokens/session-token.ts';
import { epochMs } from '../../../domain/units.ts';
import type { VerificationKey } from '../../../protocol/key-set.ts';

export const NOW = epochMs(Date.UTC(2026, 10, 1));
export const ISSUER = 'https://play.example.com';

/** A fresh key, its public half as the stack builds it in, and a signer with claims that hold at {@link NOW}. */
export async function tokenSigner(kid = 'key-1') {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const { x = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const key: VerificationKey = {
    kty: 'OKP',
    crv: 'Ed25519',
    alg: 'EdDSA',
    kid,
    x,
    purpose: 'session-token',
  };
  const claims: SessionClaims = {
    iss: ISSUER,
    sid: 'session-1',
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
    p: ['/content/movie1/'],
  };
  const sign = (changes: Partial<SessionClaims> = {}): Promise<string> =>
    signSessionToken({ ...claims, ...changes }, { kid, privateKey: pair.privateKey });
  return { key, sign };
}
