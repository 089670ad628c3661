import { generateKeyPairSync } from 'node:crypto';

/** A new key, as the text of a secret in the form that Secrets Manager holds. */
export function keySecret(kid: string): string {
  const { kty, crv, x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return JSON.stringify({ keys: [{ kty, crv, alg: 'EdDSA', kid, x, d }] });
}
