import { pemOf } from './pem.ts';
import { x509Package } from './x509-package.ts';

const { subtle } = globalThis.crypto;

export const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const ECDSA_SHA256 = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A new key of a client, and what it sends to an authority to be given a certificate. */
export interface ClientKey {
  /** PKCS #8, as PEM. */
  readonly privateKey: string;
  /** PKCS #10, as PEM. It names nobody: whom the certificate speaks for is the authority's word. */
  readonly csr: string;
}

/** A new P-256 key pair and a request signed with it. */
export async function makeClientKey(): Promise<ClientKey> {
  const { Pkcs10CertificateRequestGenerator } = await x509Package();
  const keys = await subtle.generateKey(P256, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create(
    { keys, signingAlgorithm: ECDSA_SHA256 },
    globalThis.crypto,
  );
  const privateKey = await subtle.exportKey('pkcs8', keys.privateKey);
  return {
    privateKey: pemOf('PRIVATE KEY', privateKey),
    csr: pemOf('CERTIFICATE REQUEST', request.rawData),
  };
}
