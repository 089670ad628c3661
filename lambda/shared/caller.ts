import { CdnError } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import {
  type ClientIdentity,
  identityUri,
  parseIdentityUri,
  SERIAL_PATTERN,
} from '#protocol/client-certificate.ts';
import { decode, literal, object, text } from '#protocol/decode.ts';
import type { HttpRequest } from './http.ts';

/**
 * Who asks the control API, as the authorizer read it in the client certificate and API Gateway passes it on: the
 * operator may do everything, an OCA only what is its own.
 */
export interface CallerContext {
  readonly role: ClientIdentity['role'];
  /** The OCA's id, or the operator's name. */
  readonly name: string;
  /** Of the certificate. */
  readonly serial: string;
}

export interface Caller {
  readonly identity: ClientIdentity;
  readonly serial: string;
}

const callerContext = object({
  role: literal('oca', 'operator'),
  name: text({ lengthMax: 63 }),
  serial: text({ pattern: SERIAL_PATTERN }),
});

export const contextOf = ({ identity, serial }: Caller): CallerContext => ({
  role: identity.role,
  name: identity.role === 'oca' ? identity.ocaId : identity.name,
  serial,
});

/** @throws CdnError `credential-missing` for a request that no authorizer vouches for. */
export function callerOf({ authorizerContext }: HttpRequest): Caller {
  const decoded = decode(callerContext, authorizerContext);
  const { role, name, serial } = decoded.ok
    ? decoded.value
    : { role: 'none', name: '', serial: '' };
  const identity = parseIdentityUri(`urn:distributary:${role}:${name}`);
  if (identity) return { identity, serial };
  throw new CdnError('credential-missing', 'expected a client certificate');
}

/** @throws CdnError `credential-missing`, or `forbidden` unless an operator asks. */
export function requireOperator(request: HttpRequest): Caller {
  const caller = callerOf(request);
  if (caller.identity.role === 'operator') return caller;
  throw new CdnError('forbidden', `${identityUri(caller.identity)} is no operator`);
}

/** @throws CdnError `credential-missing`, or `forbidden` unless the OCA itself or an operator asks. */
export function requireOcaOrOperator(request: HttpRequest, ocaId: string): Caller {
  const caller = callerOf(request);
  const { identity } = caller;
  if (identity.role === 'operator' || identity.ocaId === (ocaId as OcaId)) return caller;
  throw new CdnError('forbidden', `${identityUri(identity)} does not speak for ${ocaId}`);
}
