import { type AuthorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { ECDSA_SHA256, P256 } from '#protocol/x509/client-key.ts';
import { pemOf } from '#protocol/x509/pem.ts';
import { x509Package } from '#protocol/x509/x509-package.ts';

const { crypto } = globalThis;

export interface CertificateTraits {
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly use?: 'client' | 'server' | 'none';
}

/** Key and certificate, PEM: also such as the authority of this project would never sign. */
export async function signedCertificate(
  document: AuthorityDocument,
  { uris = [], dnsNames = [], notBefore, notAfter, use = 'client' }: CertificateTraits,
): Promise<string> {
  const x509 = await x509Package();
  const { certificate, signingKey } = await importAuthority(document);
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...uris.map((value) => ({ type: 'url', value }) as const),
  ];
  const usages = {
    client: [x509.ExtendedKeyUsage.clientAuth],
    server: [x509.ExtendedKeyUsage.serverAuth],
    none: [],
  }[use];
  const signed = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: ['odd'] }],
      issuer: certificate.subjectName,
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ECDSA_SHA256,
      extensions: [
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
      ],
    },
    crypto,
  );
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return pemOf('PRIVATE KEY', privateKey) + pemOf('CERTIFICATE', signed.rawData);
}
