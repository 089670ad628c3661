import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { seconds } from '#domain/units.ts';
import { type CallerContext, contextOf } from '../shared/caller.ts';
import { refreshed } from '../shared/expiring-cache.ts';
import { faultOf, type Log } from '../shared/log.ts';
import { certificateStore } from '../shared/stores/certificate-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import { readClientCertificate } from './client-certificate.ts';
import type { Environment } from './environment.ts';

/**
 * What is read of the event. Source: API Gateway Developer Guide, Lambda authorizers for HTTP APIs, payload format 2.0,
 * and "Configuring mutual TLS authentication for an HTTP API".
 */
export interface AuthorizerEvent {
  readonly requestContext?: {
    readonly authentication?: { readonly clientCert?: { readonly clientCertPem?: unknown } | null };
  };
}

/** The simple response: it says yes or no to this one request. */
export type AuthorizerAnswer =
  | { readonly isAuthorized: true; readonly context: CallerContext }
  | { readonly isAuthorized: false };

export interface AuthorizerDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

/** How long an instance may let a certificate in that has been denied. *Assumption.* */
const DENIED_REFRESH = seconds(10);

/**
 * Lets a request of the control API through by its client certificate. Never throws: whatever is odd is not authorized.
 * While the deny list cannot be read anew, the one read before stays in force.
 */
export function createControlAuthorizer(
  dependencies: AuthorizerDependencies,
): (event: AuthorizerEvent | null) => Promise<AuthorizerAnswer> {
  const { dynamoDb, environment, clock, log } = dependencies;
  const store = certificateStore(dynamoDb, environment.FLEET_TABLE);
  const deniedSerials = refreshed({
    load: async () => new Set((await store.denied()).map(({ serial }) => serial)),
    lifetime: DENIED_REFRESH,
    clock,
  });
  const refuse = (facts: Readonly<Record<string, unknown>>): AuthorizerAnswer => {
    log('warn', 'certificate.refused', facts);
    return { isAuthorized: false };
  };
  return async (event) => {
    try {
      const pem = event?.requestContext?.authentication?.clientCert?.clientCertPem;
      if (typeof pem !== 'string') return refuse({ fault: 'absent' });
      const certificate = readClientCertificate(pem, clock.now());
      if (!certificate.isGood) return refuse({ fault: certificate.fault });
      const { serial } = certificate;
      if ((await deniedSerials()).has(serial)) return refuse({ fault: 'denied', serial });
      return { isAuthorized: true, context: contextOf(certificate) };
    } catch (thrown) {
      return refuse({ fault: 'failed', ...faultOf(thrown) });
    }
  };
}
