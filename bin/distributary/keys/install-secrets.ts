import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CdnError } from '#domain/errors.ts';
import { decodeJson } from '#protocol/decode.ts';
import { keyDocument } from '#protocol/key-document.ts';
import { authorityDocument } from '#protocol/x509/client-authority.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { type SecretKind, secretName } from '../../../lib/names.ts';

/** Kinds that a folder may hold, each as `<kind>.json`. Fill-plan keys make themselves. */
const KINDS: readonly SecretKind[] = ['session-token-keys', 'client-authority', 'operator'];

export interface InstalledSecret {
  readonly secret: string;
  readonly outcome: 'installed' | 'in-place' | 'replaced';
}

export interface InstallOptions {
  readonly client: SecretsManagerClient;
  readonly config: Config;
  /** Folder. */
  readonly secrets: string;
  /** Whether a live value that differs may go. */
  readonly replace: boolean;
}

/**
 * Puts the values of a private folder into Secrets Manager, in the control region; replicas follow by themselves. A
 * secret that has its value already is left alone. Everything is looked at before anything is written.
 * @throws CdnError `config-invalid` when the folder does not belong to the configuration, or holds nothing;
 * `secret-in-use` when a live value differs and may not go.
 */
export async function installSecrets(options: InstallOptions): Promise<InstalledSecret[]> {
  const { client, config, replace } = options;
  const values = readValues(options);
  const plans = await Promise.all(
    values.map(async ({ kind, value }) => {
      const secret = secretName(config, kind);
      return { secret, value, live: await liveValue(client, secret) };
    }),
  );
  const inUse = plans.filter(({ value, live }) => !isEmpty(live) && !isSame(value, live));
  if (inUse.length > 0 && !replace) throw inUseError(inUse.map(({ secret }) => secret));
  const results: InstalledSecret[] = [];
  for (const { secret, value, live } of plans) {
    if (isSame(value, live)) results.push({ secret, outcome: 'in-place' });
    else {
      await client.send(new PutSecretValueCommand({ SecretId: secret, SecretString: value }));
      results.push({ secret, outcome: isEmpty(live) ? 'installed' : 'replaced' });
    }
  }
  return results;
}

const inUseError = (secrets: readonly string[]): CdnError =>
  new CdnError(
    'secret-in-use',
    `${secrets.join(', ')}: another value is in use, and what it opens or signs would fail; --replace puts this one in its place`,
  );

function readValues({ config, secrets }: InstallOptions): { kind: SecretKind; value: string }[] {
  const values = KINDS.flatMap((kind) => {
    const file = join(secrets, `${kind}.json`);
    return existsSync(file) ? [{ kind, value: readFileSync(file, 'utf8').trim() }] : [];
  });
  if (values.length === 0) {
    throw new CdnError('config-invalid', `${secrets} holds none of ${KINDS.join('.json, ')}.json`);
  }
  for (const { kind, value } of values) demandBelonging(kind, value, config);
  return values;
}

/** A key whose other half is not in the configuration would sign what nobody believes. */
function demandBelonging(kind: SecretKind, value: string, config: Config): void {
  if (kind === 'session-token-keys') {
    const document = decodeJson(keyDocument, value);
    const known = config.tokens.publicKeys ?? [];
    const isKnown =
      document.ok &&
      document.value.keys.every((key) =>
        known.some(({ kid, x }) => kid === key.kid && x === key.x),
      );
    if (!isKnown && config.tokens.required) throw foreign(kind, 'tokens.publicKeys');
  }
  if (kind === 'client-authority') {
    const document = decodeJson(authorityDocument, value);
    const certificate = document.ok ? document.value.certificate.trim() : undefined;
    if (!config.clients.authorities.some((pem) => pem.trim() === certificate)) {
      throw foreign(kind, 'clients.authorities');
    }
  }
}

const foreign = (kind: SecretKind, key: string): CdnError =>
  new CdnError('config-invalid', `${kind}.json does not belong to ${key} of the configuration`);

async function liveValue(client: SecretsManagerClient, secret: string): Promise<unknown> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
    return parsed(SecretString ?? '');
  } catch (cause) {
    if ((cause as Error).name !== 'ResourceNotFoundException') throw cause;
    throw new CdnError('config-invalid', `there is no secret ${secret}: deploy first`, { cause });
  }
}

/** What CloudFormation made: lists and mappings with nothing in them. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === '' || value === undefined;
  return Object.values(value).every((part) => typeof part === 'object' && isEmpty(part));
}

const isSame = (text: string, live: unknown): boolean =>
  JSON.stringify(parsed(text)) === JSON.stringify(live);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
