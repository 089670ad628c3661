import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Decoder, list, literal, object, text } from '#protocol/decode.ts';

/** The JSON text of a secret with signing keys: the first signs, all verify. */
export interface KeyDocument {
  readonly keys: readonly SigningKey[];
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
});

/** A new Ed25519 key pair, named by its thumbprint (RFC 7638). Keys of `previous` follow it and go on verifying. */
export function makeKeyDocument(previous?: KeyDocument): KeyDocument {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  const key: SigningKey = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid, x, d };
  return { keys: [key, ...(previous?.keys ?? [])] };
}

export const publicHalves = (document: KeyDocument): PublicKey[] =>
  document.keys.map(({ kty, crv, alg, kid, x }) => ({ kty, crv, alg, kid, x }));

/** A bearer secret for an OCA or an operator: 256 random bits, base64url. */
export const makeCredential = (): string => randomBytes(32).toString('base64url');

/** What the control plane knows of a credential: its SHA-256, in hex. */
export const credentialDigest = (credential: string): string =>
  createHash('sha256').update(credential).digest('hex');
