import type { EpochMs } from '#domain/units.ts';
import type { AuthorityDocument } from '#protocol/x509/client-authority.ts';
import { ECDSA_SHA256, P256 } from '#protocol/x509/client-key.ts';
import { pemOf } from '#protocol/x509/pem.ts';
import { x509Package } from '#protocol/x509/x509-package.ts';

const { crypto } = globalThis;

const DAY_MS = 86_400_000;
/** Ten years: an authority is changed by hand, with both in force in between. *Assumption.* */
const LIFETIME_DAYS = 3653;

/**
 * Authorities of one deployment are told apart by it: the old and the new one are both trusted for a while, chains are
 * looked for by name, and API Gateway takes one issuer a subject. Source: its Developer Guide, "Configuring mutual TLS
 * authentication for an HTTP API", read 2026-11.
 */
const distinction = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** A new authority on P-256 that may sign clients' certificates but no further authority. */
export async function makeAuthority(options: {
  /** Begins the name in its certificate, for people. */
  readonly name: string;
  readonly now: EpochMs;
}): Promise<AuthorityDocument> {
  const x509 = await x509Package();
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const notBefore = new Date(options.now);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [`${options.name} ${distinction()}`] }],
      notBefore,
      notAfter: new Date(options.now + LIFETIME_DAYS * DAY_MS),
      keys,
      signingAlgorithm: ECDSA_SHA256,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: pemOf('CERTIFICATE', certificate.rawData),
    privateKey: pemOf('PRIVATE KEY', privateKey),
  };
}
