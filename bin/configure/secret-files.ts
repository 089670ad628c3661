import { createPublicKey, X509Certificate } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import type { EpochMs } from '#domain/units.ts';
import { decodeJson } from '#protocol/decode.ts';
import { type KeyDocument, keyDocument } from '#protocol/key-document.ts';
import {
  type AuthorityDocument,
  authorityDocument,
  importAuthority,
} from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { makeAuthority } from '../distributary/keys/authority-document.ts';
import {
  credentialDigest,
  makeCredential,
  makeKeyDocument,
} from '../distributary/keys/key-document.ts';

/** The private folder of a deployment: contents by file name. `<secret kind>.json` is what `keys install` uploads. */
export type SecretFiles = Readonly<Record<string, string>>;

export interface SecretOptions {
  readonly prefix: string;
  /** Whom the first certificate speaks for. */
  readonly operator: string;
  readonly certificateDays: number;
  readonly now: EpochMs;
  /** Files that are there already. What they hold is kept: somebody may be using it. */
  readonly existing: SecretFiles;
}

/**
 * Makes what is missing: two session-token keys, of which the first signs; an authority for clients, and the first
 * operator's certificate; and the operator's secret for the playback API. Fill-plan keys are made in the cloud, by their rotation.
 * @throws CdnError `message-invalid` when an existing file is not what its name says.
 */
export async function secretFiles(options: SecretOptions): Promise<SecretFiles> {
  const { existing } = options;
  const authority =
    existing['client-authority.json'] ??
    json(await makeAuthority({ name: `Clients of ${options.prefix}`, now: options.now }));
  const credential = existing['operator-credential'] ?? `${makeCredential()}\n`;
  return {
    'session-token-keys.json':
      existing['session-token-keys.json'] ?? json(await makeKeyDocument(options.now)),
    'client-authority.json': authority,
    'operator-credential': credential,
    'operator.json': json({ credentialDigests: [credentialDigest(credential.trim())] }),
    ...(await operatorCertificate(options, authorityIn(authority))),
  };
}

/** Key and certificate in one file. The existing one while it lives and this authority signed it; else a new one. */
async function operatorCertificate(
  { existing, operator, certificateDays, now }: SecretOptions,
  document: AuthorityDocument,
): Promise<SecretFiles> {
  const file = operatorFile(operator);
  const present = existing[file];
  if (present !== undefined && isInForce(present, document, now)) return { [file]: present };
  const { privateKey, csr } = await makeClientKey();
  const { certificate } = await issueCertificate({
    csr,
    identity: { role: 'operator', name: operator },
    authority: await importAuthority(document),
    lifetimeDays: certificateDays,
    now,
  });
  return { [file]: privateKey + certificate };
}

/** What `--certificate` of the command line takes. */
export const operatorFile = (operator: string): string => `${operator}.pem`;

function isInForce(pem: string, document: AuthorityDocument, now: EpochMs): boolean {
  const certificate = new X509Certificate(pem);
  return (
    certificate.validToDate.getTime() > now &&
    certificate.verify(createPublicKey(document.certificate))
  );
}

export function sessionTokenKeysIn(text: string): KeyDocument {
  const decoded = decodeJson(keyDocument, text);
  if (decoded.ok) return decoded.value;
  throw notWhatItSays('session-token-keys.json');
}

export function authorityIn(text: string): AuthorityDocument {
  const decoded = decodeJson(authorityDocument, text);
  if (decoded.ok) return decoded.value;
  throw notWhatItSays('client-authority.json');
}

/** Without the faults: they would quote the secret. */
const notWhatItSays = (file: string): CdnError =>
  new CdnError('message-invalid', `${file} in the secrets folder is not what its name says`);

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
