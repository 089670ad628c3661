import type { X509Certificate } from '@peculiar/x509';
import { CdnError } from '#domain/errors.ts';
import { type Decoder, object, text } from '../decode.ts';
import { ECDSA_SHA256, P256 } from './client-key.ts';
import { derOf } from './pem.ts';
import { x509Package } from './x509-package.ts';

const { subtle } = globalThis.crypto;

/** The JSON text of the secret `client-authority`: what signs the certificates of OCAs and operators. */
export interface AuthorityDocument {
  /** The authority's own certificate, as PEM: one of `clients.authorities` of the configuration. */
  readonly certificate: string;
  /** Its P-256 key: PKCS #8, as PEM. */
  readonly privateKey: string;
}

const pem = text({ lengthMax: 16_384 });
export const authorityDocument: Decoder<AuthorityDocument> = object({
  certificate: pem,
  privateKey: pem,
});

/** An authority that is ready to sign. */
export interface ClientAuthority {
  readonly certificate: X509Certificate;
  readonly signingKey: CryptoKey;
}

/** @throws CdnError `config-invalid` unless both halves can be read, belong together, and the certificate may sign. */
export async function importAuthority(document: AuthorityDocument): Promise<ClientAuthority> {
  const der = derOf('PRIVATE KEY', document.privateKey);
  const certificate = await readAuthority(document.certificate);
  if (!der || !certificate) throw notAnAuthority();
  const signingKey = await subtle
    .importKey('pkcs8', der, P256, false, ['sign'])
    .catch(() => undefined);
  if (!signingKey || !(await isOwnKey(signingKey, certificate))) throw notAnAuthority();
  return { certificate, signingKey };
}

/** Undefined unless it is a certificate that may sign others. */
async function readAuthority(certificatePem: string): Promise<X509Certificate | undefined> {
  const { BasicConstraintsExtension, X509Certificate } = await x509Package();
  try {
    const certificate = new X509Certificate(certificatePem);
    return certificate.getExtension(BasicConstraintsExtension)?.ca ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a signature of the key is one of the certificate. */
async function isOwnKey(signingKey: CryptoKey, { publicKey }: X509Certificate): Promise<boolean> {
  const probe = new TextEncoder().encode('an authority signs for itself');
  try {
    const verifyKey = await publicKey.export(P256, ['verify'], globalThis.crypto);
    const signature = await subtle.sign(ECDSA_SHA256, signingKey, probe);
    return await subtle.verify(ECDSA_SHA256, verifyKey, signature, probe);
  } catch {
    return false;
  }
}

/** What is wrong is not told in detail: it would quote the secret. */
const notAnAuthority = (): CdnError =>
  new CdnError(
    'config-invalid',
    'the client authority is not a certificate that may sign others, with its P-256 private key',
  );
