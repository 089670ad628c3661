import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { serialFromHex } from '#protocol/client-certificate.ts';
import type { AuthorityDocument } from '#protocol/x509/client-authority.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import {
  type AuthorizerEvent,
  createControlAuthorizer,
} from '../../../lambda/control-authorizer/create-control-authorizer.ts';
import { certificateStore } from '../../../lambda/shared/stores/certificate-store.ts';
import {
  type CertificateTraits,
  signedCertificate,
} from '../../protocol/x509/signed-certificate.ts';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { handTurnedClock } from '../support/hand-turned-clock.ts';

const DAY_MS = 86_400_000;
const METRO_1 = 'urn:distributary:oca:metro-1';

let plane: ControlPlaneUnderTest;
let authority: AuthorityDocument;
let clock: ReturnType<typeof handTurnedClock>;
let logged: unknown[];
let authorize: ReturnType<typeof createControlAuthorizer>;
beforeAll(async () => {
  plane = await startControlPlane();
  authority = await makeAuthority({ name: 'test', now: epochMs(1_700_000_000_000) });
});
afterAll(() => plane.stop());
beforeEach(() => {
  clock = handTurnedClock();
  logged = [];
  authorize = createControlAuthorizer({
    dynamoDb: plane.dynamoDb,
    environment: { FLEET_TABLE: 'fleet' },
    clock,
    log: (_level, _event, facts) => logged.push(facts),
  });
});

const shown = (clientCertPem: unknown): AuthorizerEvent => ({
  requestContext: { authentication: { clientCert: { clientCertPem } } },
});

const certificate = async (traits: Partial<CertificateTraits>): Promise<string> => {
  const now = clock.now();
  const lifetime = { notBefore: now - DAY_MS, notAfter: now + DAY_MS };
  const pem = await signedCertificate(authority, { ...lifetime, ...traits });
  return pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'));
};
const serialOf = (pem: string) => serialFromHex(new X509Certificate(pem).serialNumber);

const odd: [string, AuthorizerEvent | null][] = [
  ['nothing at all', null],
  ['an event without a context', {}],
  [
    'a handshake without a certificate',
    { requestContext: { authentication: { clientCert: null } } },
  ],
  ['a certificate that is no text', shown(7)],
  ['a certificate that is text alone', shown('-----BEGIN CERTIFICATE-----')],
];
test.each(odd)('%s is not let in', async (_, event) => {
  expect(await authorize(event)).toEqual({ isAuthorized: false });
});

const names: [string, Partial<CertificateTraits>][] = [
  ['no name', {}],
  ['two identities', { uris: [METRO_1, 'urn:distributary:operator:sam'] }],
  ['the same identity twice', { uris: [METRO_1, METRO_1] }],
  ['an identity beside another name', { uris: [METRO_1], dnsNames: ['metro-1.example.com'] }],
  ['a name that hides an identity', { dnsNames: [`a, URI:${METRO_1}, b`] }],
  ['a name that begins as an identity does', { uris: [`${METRO_1}, URI:x`] }],
  ['a role that does not exist', { uris: ['urn:distributary:root:metro-1'] }],
  ['an OCA id that is none', { uris: ['urn:distributary:oca:cloudfront'] }],
  ['an identity in capitals', { uris: ['URN:DISTRIBUTARY:OCA:METRO-1'] }],
];
test.each(names)('a certificate with %s is not let in', async (_, traits) => {
  expect(await authorize(shown(await certificate(traits)))).toEqual({ isAuthorized: false });
  expect(logged).toEqual([{ fault: 'no-identity' }]);
});

test.each([
  ['expired', { notBefore: -2 * DAY_MS, notAfter: -1000 }],
  ['not-yet-valid', { notBefore: 1000, notAfter: DAY_MS }],
])('a certificate that is %s is not let in', async (fault, { notBefore, notAfter }) => {
  const now = clock.now();
  const lifetime = { notBefore: now + notBefore, notAfter: now + notAfter };
  const pem = await certificate({ uris: [METRO_1], ...lifetime });
  expect(await authorize(shown(pem))).toEqual({ isAuthorized: false });
  expect(logged).toEqual([{ fault }]);
});

test.each(['server', 'none'] as const)(
  'a certificate for the use "%s" is not let in',
  async (use) => {
    const pem = await certificate({ uris: [METRO_1], use });
    expect(await authorize(shown(pem))).toEqual({ isAuthorized: false });
    expect(logged).toEqual([{ fault: 'wrong-use' }]);
  },
);

test('the certificate of an authority itself is not let in', async () => {
  expect(await authorize(shown(authority.certificate))).toEqual({ isAuthorized: false });
});

test.each([
  [METRO_1, { role: 'oca', name: 'metro-1' }],
  ['urn:distributary:operator:sam', { role: 'operator', name: 'sam' }],
])('%s is let in by this name', async (uri, context) => {
  const pem = await certificate({ uris: [uri] });
  expect(await authorize(shown(pem))).toEqual({
    isAuthorized: true,
    context: { ...context, serial: serialOf(pem) },
  });
  expect(logged).toEqual([]);
});

test('a denied certificate is out after 10 s, others stay, and it may be let in again', async () => {
  const store = certificateStore(plane.dynamoDb, 'fleet');
  const [lost, kept] = [
    await certificate({ uris: [METRO_1] }),
    await certificate({ uris: [METRO_1] }),
  ];
  const isIn = async (pem: string) => (await authorize(shown(pem))).isAuthorized;
  expect(await isIn(lost)).toBe(true);
  await store.deny({ serial: serialOf(lost), reason: 'stolen', deniedAt: clock.now() });
  clock.advance(10_000);
  expect([await isIn(lost), await isIn(kept)]).toEqual([false, true]);
  expect(logged).toEqual([{ fault: 'denied', serial: serialOf(lost) }]);
  await store.allow(serialOf(lost));
  clock.advance(10_000);
  expect(await isIn(lost)).toBe(true);
});

test('nobody is let in while the deny list was never read', async () => {
  const environment = { FLEET_TABLE: 'absent' };
  const { dynamoDb } = plane;
  const log = (_level: string, _event: string, facts: unknown) => logged.push(facts);
  const blind = createControlAuthorizer({ dynamoDb, environment, clock, log });
  const pem = await certificate({ uris: ['urn:distributary:operator:sam'] });
  expect(await blind(shown(pem))).toEqual({ isAuthorized: false });
  expect(logged).toEqual([expect.objectContaining({ fault: 'failed' })]);
});

test('a reader of the noted certificates finds the newest of each OCA', async () => {
  const store = certificateStore(plane.dynamoDb, 'fleet');
  const [one, other] = ['noted-1' as OcaId, 'noted-2' as OcaId];
  await store.noteIssued(one, { serial: 'b', expiresAt: epochMs(2000) });
  await store.noteIssued(one, { serial: 'a', expiresAt: epochMs(1000) });
  expect(await store.issued([one, other])).toEqual(
    new Map([[one, { serial: 'b', expiresAt: 2000 }]]),
  );
});
