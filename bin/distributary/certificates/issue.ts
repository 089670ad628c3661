import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CdnError } from '#domain/errors.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import {
  type CertificateGrant,
  type ClientIdentity,
  certificateGrant,
} from '#protocol/client-certificate.ts';
import { decodeJson } from '#protocol/decode.ts';
import { authorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import type { ControlClient } from '../control-client.ts';
import { writeSecret } from '../keys/secret-file.ts';

export interface IssueOptions {
  readonly identity: ClientIdentity;
  /** Folder. */
  readonly out: string;
  /** A file with a request; without one the key is made here. */
  readonly csr?: string;
  /** A file with the authority's secret document: signs here, asks nobody. */
  readonly authority?: string;
  readonly days: number;
}

/** Has a certificate signed and writes it. The key, where it is made here, is in the same file and in no other place. */
export async function issue(
  control: ControlClient,
  options: IssueOptions,
): Promise<{ file: string; notAfter: EpochMs }> {
  const { identity, out } = options;
  const { csr, privateKey } = await request(options.csr);
  const { certificate, notAfter } =
    options.authority === undefined
      ? await ask(control, identity, csr)
      : await signHere(options.authority, { ...options, csr });
  const name = identity.role === 'oca' ? identity.ocaId : identity.name;
  const file = join(out, `${name}.pem`);
  writeSecret(file, privateKey + certificate);
  return { file, notAfter };
}

async function request(csrFile: string | undefined): Promise<{ csr: string; privateKey: string }> {
  return csrFile === undefined
    ? makeClientKey()
    : { csr: readFileSync(csrFile, 'utf8'), privateKey: '' };
}

function ask(
  control: ControlClient,
  identity: ClientIdentity,
  csr: string,
): Promise<CertificateGrant> {
  const path =
    identity.role === 'oca'
      ? `/v1/ocas/${identity.ocaId}/certificate`
      : `/v1/operators/${identity.name}/certificate`;
  return control.request(certificateGrant, path, { method: 'POST', body: { csr } });
}

async function signHere(
  authorityFile: string,
  { identity, csr, days }: { identity: ClientIdentity; csr: string; days: number },
): Promise<CertificateGrant> {
  const decoded = decodeJson(authorityDocument, readFileSync(authorityFile, 'utf8'));
  // Faults are not told: they would quote the secret.
  if (!decoded.ok)
    throw new CdnError(
      'config-invalid',
      `${authorityFile} is not the secret document of an authority`,
    );
  const authority = await importAuthority(decoded.value);
  const now = epochMs(Date.now());
  return issueCertificate({ csr, identity, authority, lifetimeDays: days, now });
}
