import { isName, isOcaId, type OcaId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import { type Decoder, object, text } from './decode.ts';
import { instant } from './fields.ts';

/**
 * Whom a client certificate of the control API speaks for. It stands in the certificate as its only URI name (RFC 5280,
 * section 4.2.1.6): `urn:distributary:oca:<ocaId>` or `urn:distributary:operator:<name>`.
 */
export type ClientIdentity =
  | { readonly role: 'oca'; readonly ocaId: OcaId }
  | { readonly role: 'operator'; readonly name: string };

const URN = 'urn:distributary:';

export const identityUri = (identity: ClientIdentity): string =>
  identity.role === 'oca' ? `${URN}oca:${identity.ocaId}` : `${URN}operator:${identity.name}`;

/** Undefined for whatever is not one of ours. */
export function parseIdentityUri(uri: string): ClientIdentity | undefined {
  const [, role, name = ''] = /^urn:distributary:(oca|operator):([a-z0-9-]+)$/.exec(uri) ?? [];
  if (role === 'oca' && isOcaId(name)) return { role, ocaId: name };
  return role === 'operator' && isName(name) ? { role, name } : undefined;
}

/**
 * `POST /v1/ocas/<id>/certificate` (the OCA itself, to renew; an operator, for its first) and
 * `POST /v1/operators/<name>/certificate` (operators).
 */
export interface CertificateRequest {
  /** PKCS #10 as PEM. Only its public key is used; names in it are not. */
  readonly csr: string;
}

export interface CertificateGrant {
  /** The certificate, as PEM. */
  readonly certificate: string;
  readonly notBefore: EpochMs;
  readonly notAfter: EpochMs;
}

const pem = text({ lengthMax: 16_384 });

export const certificateRequest: Decoder<CertificateRequest> = object({ csr: pem });
export const certificateGrant: Decoder<CertificateGrant> = object({
  certificate: pem,
  notBefore: instant,
  notAfter: instant,
});

/** A certificate that opens nothing any more: `PUT /v1/denied-certificates/<serial>`. */
export interface DeniedCertificate {
  /** As in the certificate: hex, lower case, no leading zeros. */
  readonly serial: string;
  readonly reason: string;
  readonly deniedAt: EpochMs;
}

export const SERIAL_PATTERN = /^[1-9a-f][0-9a-f]{0,39}$/;

/** A serial number as this system writes it, out of the hex that programs print: capitals and leading zeros vary. */
export const serialFromHex = (hex: string): string => hex.toLowerCase().replace(/^0+/, '');
