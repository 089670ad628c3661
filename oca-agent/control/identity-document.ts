import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import type { Validity } from '#domain/identity/renewal.ts';
import { epochMs } from '#domain/units.ts';
import { type ClientIdentity, parseIdentityUri } from '#protocol/client-certificate.ts';

/** What the appliance shows to the control plane: a private key and the certificate of it. */
export interface Identity extends Validity {
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** The certificate, and those between it and the authority if there are any, PEM. */
  readonly certificate: string;
  readonly subject: ClientIdentity;
}

/** Key and certificate in one file, in either order. */
export const formatIdentity = ({
  privateKey,
  certificate,
}: Pick<Identity, 'privateKey' | 'certificate'>): string =>
  `${privateKey.trim()}\n${certificate.trim()}\n`;

/** @throws CdnError `config-invalid` for whatever is not a key and the certificate of it, made for one of us. */
export function parseIdentity(document: string): Identity {
  const blocks = document.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g) ?? [];
  const isCertificate = (block: string) => block.includes('BEGIN CERTIFICATE-----');
  const privateKey = readKey(blocks.find((block) => block.includes('PRIVATE KEY-----')));
  const certificate = blocks.filter(isCertificate).join('\n');
  const x509 = readCertificate(certificate);
  if (!x509.checkPrivateKey(privateKey)) throw fault('the certificate is of another key');
  const subject = subjectOf(x509);
  if (!subject)
    throw fault(`expected one URI name of ours, found ${x509.subjectAltName ?? 'none'}`);
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate,
    subject,
    notBefore: epochMs(x509.validFromDate.getTime()),
    notAfter: epochMs(x509.validToDate.getTime()),
  };
}

/** The certificate's only name, if it is one of ours; others beside it make it nobody's. */
export function subjectOf({ subjectAltName = '' }: X509Certificate): ClientIdentity | undefined {
  const uri = /^URI:([^,"]+)$/.exec(subjectAltName)?.[1];
  return uri === undefined ? undefined : parseIdentityUri(uri);
}

/** Whether a certificate is of the key whose private half is `privateKey`, PEM. */
export function isOfKey(certificate: X509Certificate, privateKey: string): boolean {
  const ours = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(ours);
}

function readKey(block: string | undefined): KeyObject {
  try {
    return createPrivateKey(block ?? '');
  } catch {
    throw fault('expected a private key, PEM, without a password');
  }
}

function readCertificate(certificate: string): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch {
    throw fault('expected a certificate, PEM');
  }
}

const fault = (text: string): CdnError => new CdnError('config-invalid', text);
