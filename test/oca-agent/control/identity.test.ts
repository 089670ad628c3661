import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { epochMs, milliseconds } from '#domain/units.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { controlClientFor } from '../../../oca-agent/control/control-client.ts';
import {
  type ControlPlane,
  connectControlPlane,
} from '../../../oca-agent/control/control-plane.ts';
import { IdentityKeeper } from '../../../oca-agent/control/identity.ts';
import type { Facts } from '../../../oca-agent/log.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { type HttpClient, nodeHttpClient } from '../../../oca-agent/platform/http-client.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { TestAuthority } from '../fixtures/identities.ts';
import { SecureControlPlane } from '../fixtures/secure-control-plane.ts';
import { TestSite } from '../fixtures/test-agent.ts';

const OURS = { role: 'oca', ocaId: 'test-oca' as OcaId } as const;
const DAY_MS = 86_400_000;
const startedAt = Date.now();

let folder: string;
let authority: TestAuthority;
let server: SecureControlPlane;
let nowAt: number;
let log: [event: string, facts: Facts][];
let clients: HttpClient[];
let site: TestSite | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-identity-'));
  await mkdir(join(folder, 'state'));
  authority = await TestAuthority.make();
  server = await SecureControlPlane.start(authority);
  nowAt = startedAt;
  log = [];
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await server.stop();
  await site?.stop();
  site = undefined;
  await rm(folder, { recursive: true, force: true });
});

const place = () => ({
  ocaId: OURS.ocaId,
  identityFile: join(folder, 'identity.pem'),
  stateDirectory: join(folder, 'state'),
});
const renewedFile = () => join(folder, 'state', 'identity.pem');
const install = async (document: string) => writeFile(place().identityFile, document);
/** An identity of 30 days that was issued so many days ago. */
const issuedAgo = (days: number) =>
  authority.identity(OURS, { at: epochMs(startedAt - days * DAY_MS) });

const openKeeper = (fileSystem = nodeFileSystem) =>
  IdentityKeeper.open({
    place: place(),
    fileSystem,
    clock: { now: () => epochMs(nowAt), sleep: async () => {} },
    random: seededRandom(1),
    log: (event, facts = {}) => log.push([event, facts]),
  });

async function controlPlaneOf(keeper: IdentityKeeper): Promise<ControlPlane> {
  const controlCaFile = join(folder, 'server.pem');
  await writeFile(controlCaFile, server.serverCertificate);
  const httpClient = await controlClientFor(
    { controlUrl: server.url, controlCaFile },
    { fileSystem: nodeFileSystem, identifiedClient: nodeHttpClient },
    () => keeper.current,
  );
  clients.push(httpClient);
  return connectControlPlane({ controlUrl: server.url, ocaId: OURS.ocaId, httpClient });
}

const serialOf = ({ certificate }: { certificate: string }) =>
  new X509Certificate(certificate).serialNumber.toLowerCase();
const eventsOf = (name: string) => log.filter(([event]) => event === name);

test('before a third of its life nobody is asked for another certificate', async () => {
  await install(await issuedAgo(9.9));
  const keeper = await openKeeper();
  const { renewCertificate } = await controlPlaneOf(keeper);
  await keeper.refresh(renewCertificate);
  expect([server.shown, log]).toEqual([[], []]);
});

test('after a third of its life it is renewed: the next request shows the new one, without a restart', async () => {
  await install(await issuedAgo(10.1));
  const keeper = await openKeeper();
  const old = serialOf(keeper.current);
  const { renewCertificate } = await controlPlaneOf(keeper);
  await keeper.refresh(renewCertificate);
  const renewed = serialOf(keeper.current);
  expect(renewed).not.toBe(old);
  await renewCertificate((await makeClientKey()).csr);
  expect(server.shown).toEqual([old, renewed]);
  expect(server.protocols).toEqual(['TLSv1.3', 'TLSv1.3']);
  expect(eventsOf('identity.renewed')).toEqual([
    ['identity.renewed', { expiresAt: new Date(keeper.current.notAfter).toISOString() }],
  ]);
});

test('a renewed identity is its owner’s alone, and is the one after a restart', async () => {
  await install(await issuedAgo(11));
  const keeper = await openKeeper();
  await keeper.refresh((await controlPlaneOf(keeper)).renewCertificate);
  expect((await stat(renewedFile())).mode & 0o777).toBe(0o600);
  expect(serialOf((await openKeeper()).current)).toBe(serialOf(keeper.current));
  expect(await readFile(renewedFile(), 'utf8')).toContain('BEGIN PRIVATE KEY');
});

test('of what is installed and what was renewed, the one made last is shown, unless it has run out', async () => {
  await writeFile(renewedFile(), await issuedAgo(2));
  await install(await issuedAgo(5));
  const renewed = serialOf({ certificate: await readFile(renewedFile(), 'utf8') });
  const keeper = await openKeeper();
  expect(serialOf(keeper.current)).toBe(renewed);
  await install(await authority.identity(OURS, { at: epochMs(startedAt), lifetimeDays: 7 }));
  await keeper.refresh(() => Promise.reject(new Error('nobody is asked')));
  expect(keeper.current.notAfter).toBeLessThan(startedAt + 8 * DAY_MS);
  nowAt += 7.5 * DAY_MS;
  expect(serialOf((await openKeeper()).current)).toBe(renewed);
});

test.each([
  [
    'another key',
    async () => (await authority.identity(OURS)).replace(/^[\s\S]*PRIVATE KEY-----/, ''),
  ],
  [
    'another OCA',
    async (csr: string) =>
      (await authority.grant(csr, { role: 'oca', ocaId: 'other' as OcaId })).certificate,
  ],
  [
    'an operator',
    async (csr: string) =>
      (await authority.grant(csr, { role: 'operator', name: 'eve' })).certificate,
  ],
  [
    'a time that is over',
    async (csr: string) =>
      (await authority.grant(csr, OURS, { at: epochMs(startedAt - 31 * DAY_MS) })).certificate,
  ],
  ['nothing that can be read', async () => 'not a certificate'],
])('a grant for %s is refused, and the old certificate kept', async (_, certificate) => {
  await install(await issuedAgo(12));
  const keeper = await openKeeper();
  const old = serialOf(keeper.current);
  server.renew = async (csr) => ({
    ...(await authority.grant(csr, OURS)),
    certificate: await certificate(csr),
  });
  await keeper.refresh((await controlPlaneOf(keeper)).renewCertificate);
  expect(serialOf(keeper.current)).toBe(old);
  expect(eventsOf('identity.renewal.failed')).toMatchObject([
    ['identity.renewal.failed', { code: 'upstream-invalid' }],
  ]);
  await expect(stat(renewedFile())).rejects.toThrow('ENOENT');
});

test('an issuer that cannot be reached is asked again, later and later up to an hour, and told of once', async () => {
  await install(await issuedAgo(15));
  const keeper = await openKeeper();
  const { renewCertificate } = await controlPlaneOf(keeper);
  await server.stop();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1)
    pauses.push(await keeper.refresh(renewCertificate));
  expect(Math.max(...pauses.slice(0, 2))).toBeLessThanOrEqual(120_000);
  expect(Math.max(...pauses)).toBeGreaterThan(600_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(3_600_000);
  expect(new Set(pauses).size).toBe(12);
  expect(eventsOf('identity.renewal.failed')).toMatchObject([
    ['identity.renewal.failed', { code: 'upstream-unreachable' }],
  ]);
  server = await SecureControlPlane.start(authority);
  await keeper.refresh((await controlPlaneOf(keeper)).renewCertificate);
  expect(eventsOf('identity.renewed')).toHaveLength(1);
});

test('a disk that refuses the new identity leaves the old one in use', async () => {
  await install(await issuedAgo(12));
  const keeper = await openKeeper(
    failingFiles((operation, path) =>
      operation === 'rename' && path.includes('state') ? 'EIO' : undefined,
    ),
  );
  const old = serialOf(keeper.current);
  await keeper.refresh((await controlPlaneOf(keeper)).renewCertificate);
  expect(serialOf(keeper.current)).toBe(old);
  expect(eventsOf('identity.renewal.failed')).toHaveLength(1);
});

test('a clock that jumps past the end and back renews or waits, and breaks nothing', async () => {
  await install(await issuedAgo(1));
  const keeper = await openKeeper();
  const { renewCertificate } = await controlPlaneOf(keeper);
  nowAt += 400 * DAY_MS;
  await keeper.refresh(renewCertificate);
  expect([keeper.isExpired, eventsOf('identity.expired').length]).toEqual([true, 1]);
  await keeper.refresh(renewCertificate);
  expect(eventsOf('identity.expired')).toHaveLength(1);
  nowAt = 0;
  await keeper.refresh(renewCertificate);
  expect(keeper.isExpired).toBe(false);
  nowAt = startedAt;
  expect(milliseconds(await keeper.refresh(renewCertificate))).toBe(60_000);
});

test.each([
  ['no file', undefined, 'no such file'],
  [
    'no key',
    async () => (await issuedAgo(0)).replace(/-----BEGIN PRIVATE[\s\S]*KEY-----\n/, ''),
    'private key',
  ],
  [
    'no certificate',
    async () => (await issuedAgo(0)).replace(/-----BEGIN CERT[\s\S]*/, ''),
    'certificate, PEM',
  ],
  [
    'the key of another certificate',
    async () =>
      (await issuedAgo(0)).replace(/-----BEGIN CERT[\s\S]*/, '') +
      (await issuedAgo(0)).replace(/^[\s\S]*KEY-----\n/, ''),
    'of another key',
  ],
  [
    'the certificate of another OCA',
    () => authority.identity({ role: 'oca', ocaId: 'other' as OcaId }),
    'expected a certificate of the OCA test-oca, found the OCA other',
  ],
])('an identity file with %s is refused at the start, by name', async (_, document, reason) => {
  if (document) await install(await document());
  await expect(openKeeper()).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining(reason),
  });
});

test('an appliance whose certificate has run out goes on serving, and says so', async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', Buffer.from('video'));
  await site.store('title-1', 'video.mp4');
  await site.stopAgent();
  const ranOut = await authority.identity(OURS, { at: epochMs(startedAt - 40 * DAY_MS) });
  await writeFile(join(site.folder, 'identity.pem'), ranOut, { mode: 0o600 });
  site.control.isDown = true;
  await site.startAgent();
  const answer = await site.get('/content/title-1/video.mp4');
  expect([answer.status, await answer.text()]).toEqual([200, 'video']);
  const day = new Date(startedAt - 10 * DAY_MS).toISOString().slice(0, 10);
  expect(await site.status()).toMatchObject({
    state: 'in-service',
    reasons: [`the certificate for the control plane ran out on ${day}`],
    certificateExpiresAt: expect.any(Number),
  });
});
