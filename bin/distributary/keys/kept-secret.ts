import { readFileSync } from 'node:fs';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CdnError } from '#domain/errors.ts';
import { decodeJson } from '#protocol/decode.ts';
import { type KeyDocument, keyDocument } from '#protocol/key-document.ts';
import { writeSecret } from './secret-file.ts';

/** Where a document of keys is kept: a file, or Secrets Manager. */
export interface KeptSecret {
  readonly name: string;
  read(): Promise<KeyDocument>;
  write(document: KeyDocument): Promise<void>;
}

export const secretInFile = (file: string): KeptSecret => ({
  name: file,
  read: async () => parse(file, readFileSync(file, 'utf8')),
  write: async (document) => writeSecret(file, JSON.stringify(document)),
});

export const secretInSecretsManager = (
  client: SecretsManagerClient,
  secretId: string,
): KeptSecret => ({
  name: secretId,
  async read() {
    const { SecretString = '' } = await client.send(
      new GetSecretValueCommand({ SecretId: secretId }),
    );
    return parse(secretId, SecretString);
  },
  async write(document) {
    const SecretString = JSON.stringify(document);
    await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
  },
});

function parse(name: string, text: string): KeyDocument {
  const decoded = decodeJson(keyDocument, text);
  if (decoded.ok) return decoded.value;
  // Faults are not told: they would quote the secret.
  throw new CdnError('message-invalid', `${name} is not a secret document with Ed25519 keys`);
}
