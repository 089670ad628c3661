import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { HttpRoute } from '../cloud-assembly/http-routes.ts';
import { isFromThisMachine } from '../http/request-guard.ts';
import { type ClientCert, clientCertOf } from './client-certificate.ts';

/** By what a request shows who sends it. */
export interface Credentials {
  readonly clientCert?: ClientCert;
  /** The `Authorization` field, where the request brings none. */
  readonly authorization?: string;
}

export type ReadCredentials = (request: IncomingMessage, route: HttpRoute) => Credentials;

/** The certificate of the TLS handshake, which has let nobody through without a good one. */
export const shownInHandshake: ReadCredentials = ({ socket }) => {
  const raw = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
  return raw ? { clientCert: clientCertOf(new X509Certificate(raw)) } : {};
};

/**
 * "On this machine you are the operator": lent only to requests that no other site's page can have sent. Routes with an
 * authorizer are shown the operator's certificate, the others are sent the bearer secret.
 */
export function lentByOperator(operator: {
  /** PEM, with the certificate in it. */
  readonly pem: string;
  readonly credential: string;
}): ReadCredentials {
  const clientCert = clientCertOf(new X509Certificate(operator.pem));
  const authorization = `Bearer ${operator.credential}`;
  return ({ headers }, { authorizerId }) => {
    if (!isFromThisMachine(headers)) return {};
    return authorizerId === undefined ? { authorization } : { clientCert };
  };
}
