import { createHash, timingSafeEqual } from 'node:crypto';
import { CdnError } from '#domain/errors.ts';
import type { HttpRequest } from './http.ts';

/** Who asks: the operator may do everything, an appliance only what is its own. */
export type Caller = { role: 'operator' } | { role: 'oca' };

/** @throws CdnError `credential-missing` or `credential-invalid` unless the request carries an operator's credential. */
export function requireOperator(request: HttpRequest, digests: readonly string[]): Caller {
  const presented = presentedDigest(request);
  if (digests.some((digest) => isEqual(digest, presented))) return { role: 'operator' };
  throw new CdnError('credential-invalid', "expected an operator's credential");
}

/**
 * @throws CdnError `credential-missing`, `credential-invalid`, or `forbidden` for the genuine credential of another OCA.
 * Linear in the fleet only when it refuses.
 */
export function requireOcaOrOperator(
  request: HttpRequest,
  ocaId: string,
  known: {
    readonly operators: readonly string[];
    readonly digestByOca: ReadonlyMap<string, string>;
  },
): Caller {
  const presented = presentedDigest(request);
  const own = known.digestByOca.get(ocaId);
  if (own !== undefined && isEqual(own, presented)) return { role: 'oca' };
  if (known.operators.some((digest) => isEqual(digest, presented))) return { role: 'operator' };
  const owner = [...known.digestByOca].find(([, digest]) => isEqual(digest, presented));
  if (owner) {
    throw new CdnError('forbidden', `the credential of ${owner[0]} does not speak for ${ocaId}`);
  }
  throw new CdnError('credential-invalid', "expected an OCA's or an operator's credential");
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
