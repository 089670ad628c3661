import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import type { CertificateGrant } from '#protocol/client-certificate.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { certificateStore } from '../../../lambda/shared/stores/certificate-store.ts';
import {
  type AskOptions,
  type ControlPlaneUnderTest,
  OPERATOR,
  SERIAL,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites } from '../support/fleet.ts';

const DAY_MS = 86_400_000;

let plane: ControlPlaneUnderTest;
let csr: string;
beforeAll(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  ({ csr } = await makeClientKey());
});
afterAll(() => plane.stop());
beforeEach(() => {
  plane.logged.splice(0);
});

const ask = (path: string, options: AskOptions) =>
  plane.certificates<CertificateGrant & { code: string; detail: string }>('POST', path, {
    body: { csr },
    ...options,
  });
const ofMetro1 = (options: AskOptions) => ask('/v1/ocas/metro-1/certificate', options);

test('nobody gets the certificate of somebody else', async () => {
  const attempts = [
    [ofMetro1({}), 401, 'credential-missing'],
    [ofMetro1({ as: 'metro-2' }), 403, 'forbidden'],
    [ask('/v1/operators/sam/certificate', {}), 401, 'credential-missing'],
    [ask('/v1/operators/sam/certificate', { as: 'metro-1' }), 403, 'forbidden'],
    [ask('/v1/operators/metro-1/certificate', { as: 'metro-1' }), 403, 'forbidden'],
  ] as const;
  for (const [attempt, status, code] of attempts) {
    const { status: found, json } = await attempt;
    expect([found, json.code]).toEqual([status, code]);
  }
  expect(plane.logged).toEqual([]);
});

test('an OCA that no site declares gets none, neither by itself nor by an operator', async () => {
  for (const as of ['unknown-1', OPERATOR]) {
    const { status, json } = await ask('/v1/ocas/unknown-1/certificate', { as });
    expect([status, json.code]).toEqual([404, 'oca-not-found']);
  }
});

test.each([
  ['no request', {}],
  ['text in its place', { csr: 'please' }],
  ['one that is too long', { csr: 'x'.repeat(17_000) }],
])('%s is refused', async (_, body) => {
  const { status, json } = await ofMetro1({ as: 'metro-1', body });
  expect([status, json.code]).toEqual([400, 'message-invalid']);
});

test('a name that could not stand in a certificate is refused', async () => {
  const { status, json } = await ask('/v1/operators/Sam%20I/certificate', { as: OPERATOR });
  expect([status, json.code]).toEqual([400, 'request-invalid']);
});

test('an OCA renews its own, which is noted for those who watch it and logged', async () => {
  const { status, json } = await ofMetro1({ as: 'metro-1' });
  expect(status).toBe(201);
  const certificate = new X509Certificate(json.certificate);
  expect(certificate.subjectAltName).toBe('URI:urn:distributary:oca:metro-1');
  expect(json).toMatchObject({
    notBefore: plane.clock.now() - 5 * 60_000,
    notAfter: plane.clock.now() + 30 * DAY_MS,
  });
  const serial = certificate.serialNumber.toLowerCase().replace(/^0+/, '');
  const id = 'metro-1' as OcaId;
  const noted = await certificateStore(plane.dynamoDb, 'fleet').issued([id]);
  expect(noted.get(id)).toEqual({ serial, expiresAt: epochMs(json.notAfter) });
  expect(plane.logged).toEqual([
    {
      level: 'info',
      event: 'certificate.issued',
      facts: {
        serial,
        identity: 'urn:distributary:oca:metro-1',
        by: `urn:distributary:oca:metro-1 with ${SERIAL}`,
        expiresAt: json.notAfter,
      },
    },
  ]);
});

test('an operator gets the first one of an OCA, and those of operators', async () => {
  expect((await ofMetro1({ as: OPERATOR })).status).toBe(201);
  const { status, json } = await ask('/v1/operators/alex/certificate', { as: OPERATOR });
  expect(status).toBe(201);
  expect(new X509Certificate(json.certificate).subjectAltName).toBe(
    'URI:urn:distributary:operator:alex',
  );
});

test('without an authority nothing is signed, and what is wrong with it is told to the log alone', async () => {
  const empty = await startControlPlane({}, { 'client-authority': '{}' });
  await declareSites(empty);
  const path = '/v1/ocas/metro-1/certificate';
  const answer = await empty.certificates('POST', path, { as: 'metro-1', body: { csr } });
  expect(answer.status).toBe(500);
  expect(empty.logged).toMatchObject([{ level: 'error', facts: { code: 'config-invalid' } }]);
  await empty.stop();
});
