import { importTokenKey, TOKEN_LENGTH_MAX } from '#domain/tokens/session-token.ts';
import { type Decoder, list, literal, object, optional, text } from './decode.ts';
import { type DsseEnvelope, dsseEnvelope } from './dsse.ts';

/**
 * `GET /v1/keys`: the public keys in force, as a JWK set (RFC 7517, RFC 8037); two or three a purpose: see
 * domain/tokens/rotate-keys.ts.
 */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** How plan keys introduced one another, oldest first: see protocol/plan-key-introduction.ts. */
  readonly planKeyIntroductions?: readonly DsseEnvelope[];
  /** For an OCA, where sessions are bound to networks: the session token with which it asks the upstream for their misses. */
  readonly upstreamToken?: string;
}

export interface VerificationKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly alg: 'EdDSA';
  readonly kid: string;
  /** The public key, base64url. */
  readonly x: string;
  readonly purpose: KeyPurpose;
}

export type KeyPurpose = 'session-token' | 'fill-plan';

export const verificationKey: Decoder<VerificationKey> = object({
  kty: literal('OKP'),
  crv: literal('Ed25519'),
  alg: literal('EdDSA'),
  kid: text({ pattern: /^[A-Za-z0-9._-]{1,64}$/ }),
  x: text({ pattern: /^[A-Za-z0-9_-]{43}$/ }),
  purpose: literal('session-token', 'fill-plan'),
});

export const keySet: Decoder<KeySet> = object({
  keys: list(verificationKey, { lengthMax: 64 }),
  planKeyIntroductions: optional(list(dsseEnvelope, { lengthMax: 64 })),
  upstreamToken: optional(text({ lengthMax: TOKEN_LENGTH_MAX })),
});

/** The keys of one purpose, ready to verify with, by `kid`. */
export async function importKeys(
  keys: readonly VerificationKey[],
  purpose: KeyPurpose,
): Promise<Map<string, CryptoKey>> {
  const chosen = keys.filter((key) => key.purpose === purpose);
  const entries = await Promise.all(
    chosen.map(async (key) => [key.kid, await importTokenKey(key.x)] as const),
  );
  return new Map(entries);
}
