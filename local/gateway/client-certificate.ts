import type { X509Certificate } from 'node:crypto';

/**
 * The client's certificate as API Gateway puts it into events.
 * Source: API Gateway Developer Guide, "Working with AWS Lambda authorizers for HTTP APIs", example event in format 2.0.
 */
export interface ClientCert {
  readonly clientCertPem: string;
  readonly subjectDN: string;
  readonly issuerDN: string;
  /** Hex, a colon after each byte. */
  readonly serialNumber: string;
  /** As OpenSSL prints instants: `May 28 12:30:02 2026 GMT`. */
  readonly validity: { readonly notBefore: string; readonly notAfter: string };
}

export function clientCertOf(certificate: X509Certificate): ClientCert {
  const { subject, issuer, serialNumber, validFrom, validTo } = certificate;
  return {
    clientCertPem: certificate.toString(),
    subjectDN: oneLine(subject),
    issuerDN: oneLine(issuer),
    serialNumber: serialNumber.toLowerCase().match(/../g)?.join(':') ?? '',
    validity: { notBefore: validFrom, notAfter: validTo },
  };
}

/** Node puts each part of a name on a line of its own. */
const oneLine = (name: string): string => name.split('\n').join(',');
