import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId, SiteId } from '#domain/ids.ts';
import { bitsPerSecond } from '#domain/units.ts';
import type { CertificateGrant } from '#protocol/client-certificate.ts';
import type { Site } from '#protocol/site.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import { createEnrolment } from '../../../lambda/enrolment/create-enrolment.ts';
import { documentClient } from '../../../lambda/shared/clients.ts';
import { retireEnrolled } from '../../../lambda/shared/enrolled-ocas.ts';
import type { HttpHandler } from '../../../lambda/shared/http-handler.ts';
import {
  type CertificateStore,
  certificateStore,
} from '../../../lambda/shared/stores/certificate-store.ts';
import { type FleetStore, fleetStore } from '../../../lambda/shared/stores/fleet-store.ts';
import { createTables, dynamodbServer } from '../../../local/dynamodb/dynamodb-server.ts';
import { handTurnedClock } from '../support/hand-turned-clock.ts';

const ACCOUNT = '111122223333';
const DAY_MS = 86_400_000;
const SITE_ID = 'cloud-west' as SiteId;
const FLEET_TABLE = 'fleet';
const ENVIRONMENT = {
  FLEET_TABLE,
  CLIENT_AUTHORITY_SECRET: 'client-authority',
  CERTIFICATE_DAYS: '30',
  ACCOUNT_ID: ACCOUNT,
  OCA_ROLE_PREFIX: 'distributary-oca-',
};
const SITE: Site = {
  siteId: SITE_ID,
  name: 'Cloud, West',
  kind: 'ixp',
  location: { latitude: 45, longitude: -120 },
  timeZone: 'America/Los_Angeles',
  footprint: ['198.51.100.0/24'],
  fill: {
    windowStart: '02:00',
    windowEnd: '08:00',
    ocaBitsPerSecond: bitsPerSecond(1e9),
    siteBitsPerSecond: bitsPerSecond(2e9),
  },
  ocas: [],
};
const instanceId = (number: number) => `i-${number.toString(16).padStart(17, '0')}` as OcaId;
const arnOf = (session: string, role = `distributary-oca-${SITE_ID}`, account = ACCOUNT) =>
  `arn:aws:sts::${account}:assumed-role/${role}/${session}`;

let listening: ReturnType<typeof dynamodbServer>;
let fleet: FleetStore;
let certificates: CertificateStore;
let clock: ReturnType<typeof handTurnedClock>;
let handler: HttpHandler;
let logged: string[];
let close: () => Promise<void>;

beforeEach(async () => {
  listening = dynamodbServer();
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  const { port } = listening.address() as AddressInfo;
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await createTables(client, [
    {
      TableName: FLEET_TABLE,
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' as const },
        { AttributeName: 'sk', KeyType: 'RANGE' as const },
      ],
    },
  ]);
  const dynamoDb = documentClient(client);
  fleet = fleetStore(dynamoDb, FLEET_TABLE);
  certificates = certificateStore(dynamoDb, FLEET_TABLE);
  await fleet.changeSite(SITE_ID, () => SITE);
  clock = handTurnedClock();
  logged = [];
  const authority = await makeAuthority({ name: 'test', now: clock.now() });
  handler = createEnrolment({
    dynamoDb,
    readSecret: async () => JSON.stringify(authority),
    environment: ENVIRONMENT,
    clock,
    log: (_, event) => logged.push(event),
  });
  close = async () => {
    client.destroy();
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  };
});
afterEach(() => close());

interface Answer {
  readonly status: number;
  readonly json: CertificateGrant & { readonly code: string };
}

/** A request as API Gateway hands it over once it has checked the signature of `userArn`. */
async function enrol(userArn: string | undefined, body?: unknown): Promise<Answer> {
  const { statusCode, body: text } = await handler({
    rawPath: '/v1/enrolments',
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    body: JSON.stringify(body ?? { csr: (await makeClientKey()).csr }),
    requestContext: {
      http: { method: 'POST', sourceIp: '203.0.113.9' },
      ...(userArn === undefined ? {} : { authorizer: { iam: { userArn } } }),
    },
  });
  return { status: statusCode, json: JSON.parse(text) };
}

const stored = async (): Promise<Site | undefined> => (await fleet.sites())[0];

test.each([
  ['nobody', undefined, 401, 'credential-missing'],
  ['another account', arnOf(instanceId(1), undefined, '999999999999'), 403, 'forbidden'],
  ['another role', arnOf(instanceId(1), 'admin'), 403, 'forbidden'],
  ['a role without a site', arnOf(instanceId(1), 'distributary-oca-'), 403, 'forbidden'],
  ['a person with the role', arnOf('alice'), 403, 'forbidden'],
  ['a session that is nearly an instance', arnOf('i-0123456789abcdefg'), 403, 'forbidden'],
  ['a session within the session', arnOf(`${instanceId(1)}/x`), 403, 'forbidden'],
  ['a user', `arn:aws:iam::${ACCOUNT}:user/distributary-oca-cloud-west`, 403, 'forbidden'],
  [
    'an instance of no site',
    arnOf(instanceId(1), 'distributary-oca-nowhere'),
    404,
    'site-not-found',
  ],
])('%s gets no certificate and is declared nowhere', async (_, userArn, status, code) => {
  expect(await enrol(userArn)).toMatchObject({ status, json: { code } });
  expect((await stored())?.ocas).toEqual([]);
});

test('an instance gets a certificate for its own id, and stands in its site from then on', async () => {
  const ocaId = instanceId(1);
  const { status, json } = await enrol(arnOf(ocaId));
  expect(status).toBe(201);
  const certificate = new X509Certificate(json.certificate);
  expect(certificate.subjectAltName).toBe(`URI:urn:distributary:oca:${ocaId}`);
  expect(json.notAfter).toBe(clock.now() + 30 * DAY_MS);
  expect((await stored())?.ocas).toEqual([{ ocaId, enrolledFrom: 'ec2' }]);
  expect((await certificates.issued([ocaId])).get(ocaId)).toEqual({
    serial: certificate.serialNumber.toLowerCase().replace(/^0+/, ''),
    expiresAt: json.notAfter,
  });
});

test('instances of one site that come at once are all declared', async () => {
  const ocaIds = [1, 2, 3, 4].map(instanceId);
  const answers = await Promise.all(ocaIds.map((ocaId) => enrol(arnOf(ocaId))));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect((await stored())?.ocas.map(({ ocaId }) => ocaId).toSorted()).toEqual(ocaIds);
});

test('an instance that comes again gets another certificate, and the one before is denied', async () => {
  const ocaId = instanceId(1);
  const first = new X509Certificate((await enrol(arnOf(ocaId))).json.certificate);
  clock.advance(DAY_MS);
  const second = new X509Certificate((await enrol(arnOf(ocaId))).json.certificate);
  expect(second.serialNumber).not.toBe(first.serialNumber);
  expect(await certificates.denied()).toEqual([
    {
      serial: first.serialNumber.toLowerCase().replace(/^0+/, ''),
      reason: 'enrolled again',
      deniedAt: clock.now(),
    },
  ]);
  expect((await stored())?.ocas).toHaveLength(1);
  expect(logged).toContain('oca.enrolled-again');
});

test('a certificate that had run out needs no denial', async () => {
  await enrol(arnOf(instanceId(1)));
  clock.advance(31 * DAY_MS);
  expect((await enrol(arnOf(instanceId(1)))).status).toBe(201);
  expect(await certificates.denied()).toEqual([]);
});

test('a request that proves no key is refused', async () => {
  expect(await enrol(arnOf(instanceId(1)), { csr: 'not a request' })).toMatchObject({
    status: 400,
    json: { code: 'message-invalid' },
  });
});

test('instances that are gone are retired; what an operator declared stays', async () => {
  await enrol(arnOf(instanceId(1)));
  await enrol(arnOf(instanceId(2)));
  await fleet.changeSite(SITE_ID, (site = SITE) => ({
    ...site,
    ocas: [...site.ocas, { ocaId: 'by-hand' as OcaId }],
  }));
  await retireEnrolled(fleet, SITE_ID, new Set([instanceId(1), 'by-hand' as OcaId]));
  expect((await stored())?.ocas.map(({ ocaId }) => ocaId)).toEqual([instanceId(2), 'by-hand']);
  const revision = await fleet.sitesRevision();
  await retireEnrolled(fleet, SITE_ID, new Set([instanceId(1)]));
  expect(await fleet.sitesRevision()).toBe(revision);
});
