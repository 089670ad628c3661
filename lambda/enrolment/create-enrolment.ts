import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type CertificateGrant, certificateRequest } from '#protocol/client-certificate.ts';
import { type CertificateIssuer, certificateIssuer } from '../shared/client-authority.ts';
import { declareEnrolled } from '../shared/enrolled-ocas.ts';
import { positiveInteger } from '../shared/environment-reader.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { createHttpHandler, type HttpHandler, type Route } from '../shared/http-handler.ts';
import type { Log } from '../shared/log.ts';
import type { SecretReader } from '../shared/secrets.ts';
import { type CertificateStore, certificateStore } from '../shared/stores/certificate-store.ts';
import { type FleetStore, fleetStore } from '../shared/stores/fleet-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';
import { type Instance, instanceOf } from './instance.ts';

export interface EnrolmentDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

interface EnrolmentContext {
  readonly issue: CertificateIssuer;
  readonly fleet: FleetStore;
  readonly certificates: CertificateStore;
  readonly clock: Now;
  readonly log: Log;
}

const REQUEST_BYTES_MAX = 32 * 1024;

/** Gives an instance of EC2 its first certificate. No secret lies in its image: its role says what it is. */
export const createEnrolment = (dependencies: EnrolmentDependencies): HttpHandler =>
  createHttpHandler(enrolmentRoutes(dependencies), dependencies.log);

/** @throws CdnError `config-invalid`. */
export function enrolmentRoutes(dependencies: EnrolmentDependencies): readonly Route[] {
  const { dynamoDb, readSecret, environment, clock, log } = dependencies;
  const certificates = certificateStore(dynamoDb, environment.FLEET_TABLE);
  const fleet = fleetStore(dynamoDb, environment.FLEET_TABLE);
  const issue = certificateIssuer({
    readSecret,
    secretName: environment.CLIENT_AUTHORITY_SECRET,
    lifetimeDays: positiveInteger('CERTIFICATE_DAYS', environment.CERTIFICATE_DAYS),
    certificates,
    clock,
    log,
  });
  const roles = { accountId: environment.ACCOUNT_ID, rolePrefix: environment.OCA_ROLE_PREFIX };
  const context: EnrolmentContext = { issue, fleet, certificates, clock, log };
  return [
    {
      method: 'POST',
      path: '/v1/enrolments',
      answer: async (request) =>
        enrol(context, { request, instance: instanceOf(request.iamUserArn, roles) }),
    },
  ];
}

/**
 * Declares the instance at its site and signs its certificate. One that comes again (its disk was lost, its state was
 * damaged) has proved itself again: it gets another certificate, and the one before opens nothing any more.
 */
async function enrol(
  { issue, fleet, certificates, clock, log }: EnrolmentContext,
  { request, instance }: { readonly request: HttpRequest; readonly instance: Instance },
): Promise<HttpAnswer> {
  const { ocaId, siteId } = instance;
  const { csr } = decodeBody(request, certificateRequest, REQUEST_BYTES_MAX);
  await declareEnrolled(fleet, siteId, ocaId);
  const before = (await certificates.issued([ocaId])).get(ocaId);
  const identity = { role: 'oca', ocaId } as const;
  const { serial, ...granted } = await issue({ csr, identity, by: `enrolment at ${siteId}` });
  if (before && before.expiresAt > clock.now()) {
    const denied = { serial: before.serial, reason: 'enrolled again', deniedAt: clock.now() };
    await certificates.deny(denied, before.expiresAt);
    log('warn', 'oca.enrolled-again', { ocaId, siteId, serial, deniedSerial: before.serial });
  } else log('info', 'oca.enrolled', { ocaId, siteId, serial });
  return jsonAnswer(201, granted satisfies CertificateGrant);
}
