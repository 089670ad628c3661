import type { Pkcs10CertificateRequest, PublicKey } from '@peculiar/x509';
import { CdnError } from '#domain/errors.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import {
  type CertificateGrant,
  type ClientIdentity,
  identityUri,
  serialFromHex,
} from '../client-certificate.ts';
import type { ClientAuthority } from './client-authority.ts';
import { ECDSA_SHA256 } from './client-key.ts';
import { derOf, pemOf } from './pem.ts';
import { x509Package } from './x509-package.ts';

const { crypto } = globalThis;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Clocks of clients that are behind ours take the certificate at once. *Assumption.* */
const BACKDATED_MS = 5 * MINUTE_MS;
/** 127 random bits make a positive number of 16 bytes. RFC 5280, section 4.1.2.2, allows 20. */
const SERIAL_BYTES = 16;
/** Source: NIST SP 800-57 part 1, table 2: 112 bits of security. */
const RSA_BITS_MIN = 2048;

export interface CertificateOrder {
  /** PKCS #10, as PEM. Its key and its signature count; what it says of itself does not. */
  readonly csr: string;
  readonly identity: ClientIdentity;
  readonly authority: ClientAuthority;
  readonly lifetimeDays: number;
  readonly now: EpochMs;
}

export interface IssuedGrant extends CertificateGrant {
  /** Hex, lower case, no leading zeros. */
  readonly serial: string;
}

/**
 * Signs a certificate for the key of a request. It never outlives the authority.
 * @throws CdnError `message-invalid` for a request that cannot be read, is not signed by its own key, or has a weak or
 * unknown kind of key; `config-invalid` when the authority itself has expired.
 */
export async function issueCertificate(order: CertificateOrder): Promise<IssuedGrant> {
  const { identity, authority, lifetimeDays, now } = order;
  const { X509CertificateGenerator } = await x509Package();
  const publicKey = await requestedKey(order.csr);
  const notBefore = wholeSeconds(now - BACKDATED_MS);
  const authorityEndsAt = authority.certificate.notAfter.getTime();
  const notAfter = wholeSeconds(Math.min(now + lifetimeDays * DAY_MS, authorityEndsAt));
  if (notAfter <= now) throw new CdnError('config-invalid', 'the client authority has expired');
  const serialNumber = randomSerial();
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber,
      subject: [{ CN: [nameOf(identity)] }],
      issuer: authority.certificate.subjectName,
      notBefore: dateOf(notBefore),
      notAfter: dateOf(notAfter),
      publicKey,
      signingKey: authority.signingKey,
      signingAlgorithm: ECDSA_SHA256,
      extensions: await extensions(publicKey, order),
    },
    crypto,
  );
  const serial = serialFromHex(serialNumber);
  return { certificate: pemOf('CERTIFICATE', certificate.rawData), notBefore, notAfter, serial };
}

async function extensions(publicKey: PublicKey, { identity, authority }: CertificateOrder) {
  const x509 = await x509Package();
  return [
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: identityUri(identity) }]),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.BasicConstraintsExtension(false, undefined, true),
    await x509.AuthorityKeyIdentifierExtension.create(authority.certificate, false, crypto),
    await x509.SubjectKeyIdentifierExtension.create(publicKey, false, crypto),
  ];
}

/** @throws CdnError `message-invalid`. */
async function requestedKey(csr: string): Promise<PublicKey> {
  const request = await readRequest(csr);
  if (!request) throw refused('a PKCS #10 certificate request, as PEM');
  if (!isStrong(request.publicKey)) {
    throw refused(`a key on P-256 or P-384, or of RSA with ${RSA_BITS_MIN} bits or more`);
  }
  const isOwn = await request.verify(crypto).catch(() => false);
  if (!isOwn) throw refused('a request that is signed with the key that it is for');
  return request.publicKey;
}

async function readRequest(csr: string): Promise<Pkcs10CertificateRequest | undefined> {
  const { Pkcs10CertificateRequest } = await x509Package();
  const der = derOf('CERTIFICATE REQUEST', csr);
  try {
    return der && new Pkcs10CertificateRequest(der);
  } catch {
    return undefined;
  }
}

/** What API Gateway takes: RSA and ECDSA. Source: its Developer Guide, "Configuring your truststore", read 2026-11. */
function isStrong({ algorithm }: PublicKey): boolean {
  const { name, namedCurve, modulusLength } = algorithm as Algorithm & {
    namedCurve?: string;
    modulusLength?: number;
  };
  if (name === 'ECDSA') return namedCurve === 'P-256' || namedCurve === 'P-384';
  return name === 'RSASSA-PKCS1-v1_5' && (modulusLength ?? 0) >= RSA_BITS_MIN;
}

const refused = (expected: string): CdnError =>
  new CdnError('message-invalid', `csr: expected ${expected}`);

const nameOf = (identity: ClientIdentity): string =>
  identity.role === 'oca' ? identity.ocaId : identity.name;

// biome-ignore lint/style/noRestrictedGlobals: the package takes instants as dates; no clock is read.
const dateOf = (at: EpochMs): Date => new Date(at);

/** Certificates know no smaller unit of time. */
const wholeSeconds = (at: number): EpochMs => epochMs(Math.floor(at / 1000) * 1000);

function randomSerial(): string {
  const serial = crypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  return Array.from(serial, (byte, index) =>
    (index === 0 ? byte & 0x7f : byte).toString(16).padStart(2, '0'),
  ).join('');
}
