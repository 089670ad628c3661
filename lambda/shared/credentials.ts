import { createHash, timingSafeEqual } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import type { HttpRequest } from './http.ts';

/** @throws CdnError `credential-missing` or `credential-invalid` unless the request carries an operator's credential. */
export function requireOperatorSecret(request: HttpRequest, digests: readonly string[]): void {
  const presented = presentedDigest(request);
  if (digests.some((digest) => isEqual(digest, presented))) return;
  throw new CdnError('credential-invalid', "expected an operator's credential");
}

export const digestOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

/** The token of an `Authorization: Bearer` field, if there is one. Source: RFC 6750, section 2.1. */
export const bearerToken = (request: HttpRequest): string | undefined =>
  /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];

function presentedDigest(request: HttpRequest): string {
  const secret = bearerToken(request);
  if (secret === undefined) {
    throw new CdnError('credential-missing', 'expected Authorization: Bearer <credential>');
  }
  return digestOf(secret);
}

/** Takes as long for a near miss as for a far one. */
function isEqual(oneHex: string, otherHex: string): boolean {
  const [one, other] = [Buffer.from(oneHex, 'hex'), Buffer.from(otherHex, 'hex')];
  return one.length === other.length && timingSafeEqual(one, other);
}
