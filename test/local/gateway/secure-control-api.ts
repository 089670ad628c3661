import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import type { ClientIdentity } from '#protocol/client-certificate.ts';
import { type AuthorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import { createCertificates } from '../../../lambda/certificates/create-certificates.ts';
import { createControl } from '../../../lambda/control/create-control.ts';
import { createControlAuthorizer } from '../../../lambda/control-authorizer/create-control-authorizer.ts';
import type { HttpRoute } from '../../../local/cloud-assembly/http-routes.ts';
import { shownInHandshake } from '../../../local/gateway/callers.ts';
import { controlServer } from '../../../local/gateway/control-server.ts';
import { FunctionApi } from '../../../local/gateway/function-api.ts';
import { makeServerCertificate } from '../../../local/ground/server-certificate.ts';
import type { FunctionReference } from '../../../local/lambda-host/function-host.ts';
import { startControlPlane } from '../../lambda/support/control-plane.ts';
import { declareSites } from '../../lambda/support/fleet.ts';
import { handTurnedClock } from '../../lambda/support/hand-turned-clock.ts';
import { stackOf } from '../cloud-assembly/assembly-fixture.ts';
import { listening } from '../listening.ts';

const ROUTES: Readonly<Record<string, string>> = {
  'GET /v1/keys': 'control',
  'GET /v1/ocas': 'control',
  'GET /v1/ocas/{ocaId}/plan': 'control',
  'POST /v1/ocas/{ocaId}/drain': 'control',
  'GET /v1/denied-certificates': 'control',
  'PUT /v1/denied-certificates/{serial}': 'control',
  'DELETE /v1/denied-certificates/{serial}': 'control',
  'GET /v1/revoked-sessions': 'control',
  'PUT /v1/revoked-sessions/{sessionId}': 'control',
  'DELETE /v1/revoked-sessions/{sessionId}': 'control',
  'POST /v1/purges': 'control',
  'GET /v1/purges/{purgeId}': 'control',
  'POST /v1/ocas/{ocaId}/certificate': 'certificates',
  'POST /v1/operators/{name}/certificate': 'certificates',
};

export const OPERATOR_SAM = { role: 'operator', name: 'sam' } as const;
export const ocaNamed = (name: string): ClientIdentity => ({ role: 'oca', ocaId: name as OcaId });

/** The control API behind mutual TLS on a real socket: its handlers, its authorizer, its tables. */
export async function startSecureControlApi() {
  const folder = mkdtempSync(join(tmpdir(), 'secure-control-'));
  const plane = await startControlPlane();
  await declareSites(plane);
  const clock = handTurnedClock(epochMs(Date.now()));
  const now = clock.now();
  const [clients, servers] = await Promise.all([
    makeAuthority({ name: 'clients', now }),
    makeAuthority({ name: 'servers', now }),
  ]);
  const readSecret = async (name: string) =>
    name === 'client-authority' ? JSON.stringify(clients) : plane.wiring.readSecret(name);
  const wiring = { ...plane.wiring, clock, readSecret };
  const functions: Readonly<Record<string, (event: never) => Promise<unknown>>> = {
    control: createControl(wiring),
    certificates: createCertificates(wiring),
    authorizer: createControlAuthorizer(wiring),
  };
  const log = () => undefined;
  const server = controlServer({
    functionApi: new FunctionApi({
      routes: Object.entries(ROUTES).map(routeOf),
      invoke: async ({ functionId }: FunctionReference, event: unknown) =>
        functions[functionId]?.(JSON.parse(JSON.stringify(event)) as never),
      credentials: shownInHandshake,
      log,
    }),
    serverPem: await makeServerCertificate(servers, now),
    clientAuthorities: [clients.certificate],
    log,
  });
  const { url, close } = await listening(server);
  const serverCaFile = join(folder, 'server-ca.pem');
  writeFileSync(serverCaFile, servers.certificate);
  return {
    ...{ plane, clock, url, folder, serverCaFile, serverCa: servers.certificate, clients },
    /** Key and certificate, PEM, of an authority: the one that the server trusts unless told. */
    identity: (identity: ClientIdentity, by: AuthorityDocument = clients) =>
      clientPem(by, identity, now),
    stop: async () => {
      await close();
      await plane.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export type SecureControlApi = Awaited<ReturnType<typeof startSecureControlApi>>;

const routeOf = ([routeKey, functionId]: [string, string]): HttpRoute => ({
  routeKey,
  functionId,
  authorizerId: 'authorizer',
  stack: stackOf({}),
  timeoutMs: 20_000,
});

async function clientPem(
  document: AuthorityDocument,
  identity: ClientIdentity,
  now: ReturnType<typeof epochMs>,
): Promise<string> {
  const { privateKey, csr } = await makeClientKey();
  const authority = await importAuthority(document);
  const issued = await issueCertificate({ csr, identity, authority, lifetimeDays: 30, now });
  return privateKey + issued.certificate;
}
