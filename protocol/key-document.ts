import { encodeBase64Url } from '#domain/tokens/base64url.ts';
import type { EpochMs } from '#domain/units.ts';
import { type Decoder, list, literal, object, optional, text } from './decode.ts';
import { type DsseEnvelope, dsseEnvelope } from './dsse.ts';
import { instant } from './fields.ts';

/**
 * The JSON text of a secret with signing keys. What each place in `keys` means is told in domain/tokens/rotate-keys.ts:
 * the first signs, all verify.
 */
export interface KeyDocument {
  readonly keys: readonly SigningKey[];
  readonly rotatedAt?: EpochMs;
  /** Of fill-plan keys: how the keys of each period introduced the next ones, oldest first. */
  readonly introductions?: readonly StoredIntroduction[];
}

export interface StoredIntroduction {
  readonly issuedAt: EpochMs;
  readonly envelope: DsseEnvelope;
}

export interface SigningKey extends PublicKey {
  /** The private half, base64url. */
  readonly d: string;
}

export interface PublicKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly alg: 'EdDSA';
  readonly kid: string;
  readonly x: string;
}

/** Introductions that a document keeps: two years of monthly rotations, some 1 KB each of the 64 KB of a secret. */
export const INTRODUCTIONS_MAX = 24;

const base64Url32 = text({ pattern: /^[A-Za-z0-9_-]{43}$/ });

export const keyDocument: Decoder<KeyDocument> = object({
  keys: list(
    object({
      kty: literal('OKP'),
      crv: literal('Ed25519'),
      alg: literal('EdDSA'),
      kid: text({ pattern: /^[A-Za-z0-9._-]{1,64}$/ }),
      x: base64Url32,
      d: base64Url32,
    }),
    { lengthMax: 8 },
  ),
  rotatedAt: optional(instant),
  introductions: optional(
    list(object({ issuedAt: instant, envelope: dsseEnvelope }), { lengthMax: INTRODUCTIONS_MAX }),
  ),
});

/** A new Ed25519 key pair, named by its thumbprint (RFC 7638). */
export async function makeSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const { x = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  const canonical = new TextEncoder().encode(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));
  const thumbprint = await crypto.subtle.digest('SHA-256', canonical);
  const kid = encodeBase64Url(new Uint8Array(thumbprint));
  return { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid, x, d };
}

export const importSigningKey = ({ x, d }: Pick<SigningKey, 'x' | 'd'>): Promise<CryptoKey> =>
  crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x, d }, 'Ed25519', false, ['sign']);

export const publicHalves = ({ keys }: Pick<KeyDocument, 'keys'>): PublicKey[] =>
  keys.map(({ kty, crv, alg, kid, x }) => ({ kty, crv, alg, kid, x }));
