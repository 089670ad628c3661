import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import { isName } from '#domain/ids.ts';
import {
  type CertificateGrant,
  type ClientIdentity,
  certificateRequest,
  identityUri,
} from '#protocol/client-certificate.ts';
import { type Caller, requireOcaOrOperator, requireOperator } from '../shared/caller.ts';
import { type CertificateIssuer, certificateIssuer } from '../shared/client-authority.ts';
import { positiveInteger } from '../shared/environment-reader.ts';
import { declaredOca, fleetDirectory } from '../shared/fleet-directory.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { createHttpHandler, type HttpHandler, type Route } from '../shared/http-handler.ts';
import type { Log } from '../shared/log.ts';
import type { SecretReader } from '../shared/secrets.ts';
import { certificateStore } from '../shared/stores/certificate-store.ts';
import { fleetStore } from '../shared/stores/fleet-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';

export interface CertificatesDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

const REQUEST_BYTES_MAX = 32 * 1024;

/** Signs the certificates of OCAs and operators: the one part of the control API that may read the authority's key. */
export const createCertificates = (dependencies: CertificatesDependencies): HttpHandler =>
  createHttpHandler(certificateRoutes(dependencies), dependencies.log);

/** @throws CdnError `config-invalid`. */
export function certificateRoutes(dependencies: CertificatesDependencies): readonly Route[] {
  const { dynamoDb, readSecret, environment, clock, log } = dependencies;
  const directory = fleetDirectory(fleetStore(dynamoDb, environment.FLEET_TABLE), clock);
  const issue = certificateIssuer({
    readSecret,
    secretName: environment.CLIENT_AUTHORITY_SECRET,
    lifetimeDays: positiveInteger('CERTIFICATE_DAYS', environment.CERTIFICATE_DAYS),
    certificates: certificateStore(dynamoDb, environment.FLEET_TABLE),
    clock,
    log,
  });
  return [
    {
      method: 'POST',
      path: '/v1/ocas/{ocaId}/certificate',
      /** The OCA itself, to renew; an operator, for its first. */
      answer: async (request) => {
        const caller = requireOcaOrOperator(request, request.parameters.ocaId ?? '');
        const { ocaId } = await declaredOca(directory, request.parameters.ocaId ?? '');
        return grant(issue, { request, caller, identity: { role: 'oca', ocaId } });
      },
    },
    {
      method: 'POST',
      path: '/v1/operators/{name}/certificate',
      answer: async (request) => {
        const caller = requireOperator(request);
        const identity = { role: 'operator', name: operatorName(request) } as const;
        return grant(issue, { request, caller, identity });
      },
    },
  ];
}

async function grant(
  issue: CertificateIssuer,
  to: {
    readonly request: HttpRequest;
    readonly caller: Caller;
    readonly identity: ClientIdentity;
  },
): Promise<HttpAnswer> {
  const { csr } = decodeBody(to.request, certificateRequest, REQUEST_BYTES_MAX);
  const by = `${identityUri(to.caller.identity)} with ${to.caller.serial}`;
  const { serial, ...granted } = await issue({ csr, identity: to.identity, by });
  return jsonAnswer(201, granted satisfies CertificateGrant);
}

function operatorName({ parameters: { name = '' } }: HttpRequest): string {
  if (isName(name)) return name;
  throw new CdnError(
    'request-invalid',
    `name: expected 1 to 63 of a-z, 0-9 and -, found ${name.slice(0, 64)}`,
  );
}
