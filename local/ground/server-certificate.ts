import { type AuthorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { ECDSA_SHA256, P256 } from '#protocol/x509/client-key.ts';
import { pemOf } from '#protocol/x509/pem.ts';
import { x509Package } from '#protocol/x509/x509-package.ts';

const { crypto } = globalThis;

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;

/** A key and a certificate for a server on this machine, in one PEM. */
export async function makeServerCertificate(
  document: AuthorityDocument,
  now: number,
): Promise<string> {
  const x509 = await x509Package();
  const authority = await importAuthority(document);
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: ['localhost'] }],
      issuer: authority.certificate.subjectName,
      notBefore: new Date(now),
      notAfter: new Date(now + LIFETIME_DAYS * DAY_MS),
      publicKey: keys.publicKey,
      signingKey: authority.signingKey,
      signingAlgorithm: ECDSA_SHA256,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'ip', value: '127.0.0.1' },
          { type: 'dns', value: 'localhost' },
        ]),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(authority.certificate, false, crypto),
      ],
    },
    crypto,
  );
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return pemOf('PRIVATE KEY', privateKey) + pemOf('CERTIFICATE', certificate.rawData);
}
