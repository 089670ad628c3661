import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CdnError } from '#domain/errors.ts';
import { importTokenKey } from '#domain/tokens/session-token.ts';
import { seconds } from '#domain/units.ts';
import { type Decoder, decodeJson, list, object, text } from '#protocol/decode.ts';
import {
  importSigningKey,
  type KeyDocument,
  keyDocument,
  publicHalves,
  type StoredIntroduction,
} from '#protocol/key-document.ts';
import type { KeyPurpose, VerificationKey } from '#protocol/key-set.ts';
import { refreshed } from './expiring-cache.ts';
import type { Now } from './wall-clock.ts';

/** The text of a secret, by name. */
export type SecretReader = (secretName: string) => Promise<string>;

/** Keys of one purpose: the first of the secret signs, all verify, so that nothing ends with a rotation. */
export interface KeyRing {
  readonly signingKey: { readonly kid: string; readonly privateKey: CryptoKey };
  readonly verificationKeys: ReadonlyMap<string, CryptoKey>;
  readonly publicKeys: readonly Omit<VerificationKey, 'purpose'>[];
  readonly introductions: readonly StoredIntroduction[];
}

/** How long a running instance may go on with keys and credentials that have been replaced. *Assumption.* */
export const REFRESH_AFTER = seconds(300);

const operatorSecret = object({
  credentialDigests: list(text({ pattern: /^[0-9a-f]{64}$/ }), { lengthMax: 64 }),
});

export function secretReader(client: SecretsManagerClient): SecretReader {
  return async (secretName) => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretName }));
    return SecretString ?? '';
  };
}

/** Imports the keys once and again every five minutes. */
export const keyRing = (read: SecretReader, secretName: string, clock: Now) =>
  refreshed({
    load: async () =>
      importKeyRing(secretName, parseSecret(keyDocument, secretName, await read(secretName))),
    lifetime: REFRESH_AFTER,
    clock,
  });

/** SHA-256 digests, in hex, of the operator's credentials. */
export const operatorDigests = (read: SecretReader, secretName: string, clock: Now) =>
  refreshed({
    load: async () =>
      parseSecret(operatorSecret, secretName, await read(secretName)).credentialDigests,
    lifetime: REFRESH_AFTER,
    clock,
  });

/** The public half, as `GET /v1/keys` shows it. */
export const publishedKeys = (ring: KeyRing, purpose: KeyPurpose): VerificationKey[] =>
  ring.publicKeys.map((key) => ({ ...key, purpose }));

async function importKeyRing(secretName: string, secret: KeyDocument): Promise<KeyRing> {
  const [first] = secret.keys;
  if (!first) throw new CdnError('config-invalid', `the secret ${secretName} holds no key`);
  const verificationKeys = await Promise.all(
    secret.keys.map(async ({ kid, x }) => [kid, await importTokenKey(x)] as const),
  );
  return {
    signingKey: { kid: first.kid, privateKey: await importSigningKey(first) },
    verificationKeys: new Map(verificationKeys),
    publicKeys: publicHalves(secret),
    introductions: secret.introductions ?? [],
  };
}

/** @throws CdnError `config-invalid`, which tells no more than the places of the faults: they would quote the secret. */
export function parseSecret<T>(decoder: Decoder<T>, secretName: string, value: string): T {
  const decoded = decodeJson(decoder, value);
  if (decoded.ok) return decoded.value;
  const places = decoded.faults.map((fault) => fault.path || 'the whole').join(', ');
  throw new CdnError('config-invalid', `the secret ${secretName} is not well formed at ${places}`);
}
