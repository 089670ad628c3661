import type { ClientIdentity } from '#protocol/client-certificate.ts';
import { identityUri } from '#protocol/client-certificate.ts';
import { authorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { type IssuedGrant, issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { refreshed } from './expiring-cache.ts';
import type { Log } from './log.ts';
import { parseSecret, REFRESH_AFTER, type SecretReader } from './secrets.ts';
import type { CertificateStore } from './stores/certificate-store.ts';
import type { Now } from './wall-clock.ts';

export interface CertificateIssuerOptions {
  readonly readSecret: SecretReader;
  /** Holds an `AuthorityDocument`. */
  readonly secretName: string;
  readonly lifetimeDays: number;
  readonly certificates: CertificateStore;
  readonly clock: Now;
  readonly log: Log;
}

/**
 * Signs a certificate for the key of `csr`, notes it where it is an OCA's, and logs it. `by` names who asked.
 * @throws CdnError `message-invalid` for a request that will not do, `config-invalid` without an authority that can sign.
 */
export type CertificateIssuer = (order: {
  readonly csr: string;
  readonly identity: ClientIdentity;
  readonly by: string;
}) => Promise<IssuedGrant>;

/** Imports the authority once and again every five minutes. */
export function certificateIssuer(options: CertificateIssuerOptions): CertificateIssuer {
  const { readSecret, secretName, lifetimeDays, certificates, clock, log } = options;
  const authority = refreshed({
    load: async () =>
      importAuthority(parseSecret(authorityDocument, secretName, await readSecret(secretName))),
    lifetime: REFRESH_AFTER,
    clock,
  });
  return async ({ csr, identity, by }) => {
    const now = clock.now();
    const order = { csr, identity, authority: await authority(), lifetimeDays, now };
    const issued = await issueCertificate(order);
    const { serial, notAfter } = issued;
    if (identity.role === 'oca')
      await certificates.noteIssued(identity.ocaId, { serial, expiresAt: notAfter });
    log('info', 'certificate.issued', {
      serial,
      identity: identityUri(identity),
      by,
      expiresAt: notAfter,
    });
    return issued;
  };
}
