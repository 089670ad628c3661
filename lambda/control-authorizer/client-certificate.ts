import { X509Certificate } from 'node:crypto';
import type { EpochMs } from '#domain/units.ts';
import {
  type ClientIdentity,
  parseIdentityUri,
  serialFromHex,
} from '#protocol/client-certificate.ts';

/** Why a certificate opens nothing. */
export type CertificateFault =
  | 'unreadable'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-use'
  | 'no-identity';

export type ReadCertificate =
  | { readonly isGood: true; readonly identity: ClientIdentity; readonly serial: string }
  | { readonly isGood: false; readonly fault: CertificateFault };

/** Source: RFC 5280, section 4.2.1.12, id-kp-clientAuth. */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/**
 * Reads whom a certificate speaks for. That one of our authorities signed it is API Gateway's word: it lets nobody else
 * through the handshake.
 */
export function readClientCertificate(pem: string, now: EpochMs): ReadCertificate {
  const certificate = parse(pem);
  if (!certificate) return bad('unreadable');
  const { validFromDate, validToDate, keyUsage, ca, serialNumber } = certificate;
  if (validFromDate.getTime() > now) return bad('not-yet-valid');
  if (validToDate.getTime() < now) return bad('expired');
  if (ca || !keyUsage?.includes(CLIENT_AUTHENTICATION)) return bad('wrong-use');
  const identity = identityIn(certificate);
  return identity
    ? { isGood: true, identity, serial: serialFromHex(serialNumber) }
    : bad('no-identity');
}

/** The whole list of alternative names must be one of our URIs: Node puts several into one line of text. */
function identityIn({ subjectAltName = '' }: X509Certificate): ClientIdentity | undefined {
  return subjectAltName.startsWith('URI:') ? parseIdentityUri(subjectAltName.slice(4)) : undefined;
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const bad = (fault: CertificateFault): ReadCertificate => ({ isGood: false, fault });
