import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochMs } from '#domain/units.ts';
import type { ClientIdentity } from '#protocol/client-certificate.ts';
import { type AuthorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { makeAuthority } from '../../bin/distributary/keys/authority-document.ts';
import { writeSecret } from '../../bin/distributary/keys/secret-file.ts';
import type { Config } from '../../lib/config/schema.ts';
import { makeServerCertificate } from './server-certificate.ts';

/** The throwaway authorities of this machine, and what they vouch for. Files hold PEM, for their owner alone. */
export interface MachineCertificates {
  /** Signs clients; what the truststore of the template is to API Gateway. */
  readonly clientAuthority: AuthorityDocument;
  /** The operator's key and certificate. */
  readonly operatorPem: string;
  readonly operatorFile: string;
  /** The key and certificate of the control API's server here. */
  readonly serverPem: string;
  /** The authority that signed it: what clients are to trust. */
  readonly serverAuthorityFile: string;
  /** An OCA's key and certificate. */
  identityFile(ocaId: string): string;
}

export interface CertificateFolder {
  readonly folder: string;
  readonly config: Config;
  readonly now: number;
}

/** Makes what the folder lacks, and anew what another authority signed or what has lived half of its life. */
export async function keepCertificates(place: CertificateFolder): Promise<MachineCertificates> {
  const clientAuthority = await keepAuthority(place, 'client-authority');
  const serverAuthority = await keepAuthority(place, 'server-authority');
  const serverAuthorityFile = join(place.folder, 'server-ca.pem');
  writeSecret(serverAuthorityFile, serverAuthority.certificate);
  const serverPem = await keepSigned(place, 'server.pem', {
    authority: serverAuthority,
    make: () => makeServerCertificate(serverAuthority, place.now),
  });
  const client = (identity: ClientIdentity) =>
    keepSigned(place, fileOf(identity), {
      authority: clientAuthority,
      make: () => makeClient(place, clientAuthority, identity),
    });
  const operator = { role: 'operator', name: 'this-machine' } as const;
  for (const { ocaId } of place.config.sites.flatMap((site) => site.ocas))
    await client({ role: 'oca', ocaId });
  return {
    clientAuthority,
    operatorPem: await client(operator),
    operatorFile: join(place.folder, fileOf(operator)),
    serverPem,
    serverAuthorityFile,
    identityFile: (ocaId) => join(place.folder, `oca-${ocaId}.pem`),
  };
}

const fileOf = (identity: ClientIdentity): string =>
  identity.role === 'oca' ? `oca-${identity.ocaId}.pem` : 'operator.pem';

async function keepAuthority(
  { folder, now }: CertificateFolder,
  name: 'client-authority' | 'server-authority',
): Promise<AuthorityDocument> {
  const file = join(folder, `${name}.json`);
  const kept = readIfThere(file);
  if (kept !== undefined) {
    const document = JSON.parse(kept) as AuthorityDocument;
    if (isInFirstHalf(new X509Certificate(document.certificate), now)) return document;
  }
  const document = await makeAuthority({ name: `Distributary ${name}`, now: epochMs(now) });
  writeSecret(file, JSON.stringify(document));
  return document;
}

async function keepSigned(
  { folder, now }: CertificateFolder,
  name: string,
  { authority, make }: { authority: AuthorityDocument; make: () => Promise<string> },
): Promise<string> {
  const file = join(folder, name);
  const kept = readIfThere(file);
  if (kept !== undefined) {
    const certificate = new X509Certificate(kept);
    const isOurs = certificate.verify(new X509Certificate(authority.certificate).publicKey);
    if (isOurs && isInFirstHalf(certificate, now)) return kept;
  }
  const made = await make();
  writeSecret(file, made);
  return made;
}

async function makeClient(
  { config, now }: CertificateFolder,
  document: AuthorityDocument,
  identity: ClientIdentity,
): Promise<string> {
  const { privateKey, csr } = await makeClientKey();
  const { certificate } = await issueCertificate({
    csr,
    identity,
    authority: await importAuthority(document),
    lifetimeDays: config.clients.certificateDays,
    now: epochMs(now),
  });
  return privateKey + certificate;
}

function isInFirstHalf({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return from <= now && now < (from + to) / 2;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
