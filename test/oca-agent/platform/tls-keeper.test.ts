import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs, milliseconds } from '#domain/units.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import type { HttpListener } from '../../../oca-agent/platform/http-server.ts';
import { listen } from '../../../oca-agent/platform/http-server-listen.ts';
import { loadCertificate } from '../../../oca-agent/platform/tls-certificate.ts';
import { CertificateKeeper } from '../../../oca-agent/platform/tls-keeper.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { serverIdentity } from '../fixtures/secure-control-plane.ts';
import { until } from '../fixtures/until.ts';

const HOUR_MS = 3_600_000;
const clock = new ManualClock();
let folder: string;
let place: { certificateFile: string; keyFile: string };
let logged: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-test-'));
  place = { certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  logged = [];
});
afterEach(() => rm(folder, { recursive: true }));

/** A pair that is valid at the time of the manual clock. */
const identity = (fromMs = -HOUR_MS, untilMs = HOUR_MS) =>
  serverIdentity({ notBefore: clock.now() + fromMs, notAfter: clock.now() + untilMs });

async function install({ certificate, key }: { certificate: string; key: string }): Promise<void> {
  await writeFile(place.keyFile, key);
  await writeFile(place.certificateFile, certificate);
}

const open = () =>
  CertificateKeeper.open({
    place,
    fileSystem: nodeFileSystem,
    clock,
    log: (event) => logged.push(event),
  });

test.each([
  ['no certificate', async () => writeFile(place.keyFile, ''), 'missing'],
  ['a file that is none', async () => install({ certificate: 'x', key: 'x' }), 'a certificate'],
  [
    'no key',
    async () => install({ ...(await identity()), key: 'x' }),
    'a private key without a password',
  ],
  [
    'the key of another certificate',
    async () => install({ ...(await identity()), key: (await identity()).key }),
    'expected a pair',
  ],
  ['a pair that ran out', async () => install(await identity(-HOUR_MS, -1000)), 'ran out'],
  ['a pair of later', async () => install(await identity(1000, HOUR_MS)), 'not valid before'],
])('%s is refused at the start, with one reason', async (_what, prepare, reason) => {
  await prepare();
  const refused = await open().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'config-invalid' });
  expect(String(refused)).toContain(reason);
  expect(String(refused)).toContain('delivery.tls');
  expect(String(refused)).not.toContain('BEGIN');
});

test('a wrong pair is logged once and the one in force stays, until a right one comes', async () => {
  await install(await identity());
  const keeper = await open();
  const shown: string[] = [];
  keeper.onRenewed = ({ certificate }) => shown.push(certificate);
  await keeper.refresh();
  expect([shown, logged]).toEqual([[], []]);
  const next = await identity();
  await writeFile(place.certificateFile, next.certificate);
  await keeper.refresh();
  await keeper.refresh();
  expect([shown, logged]).toEqual([[], ['tls.certificate.refused']]);
  await install(next);
  await keeper.refresh();
  expect(shown).toEqual([next.certificate]);
  expect(keeper.current.certificate).toBe(next.certificate);
  expect(logged).toEqual(['tls.certificate.refused', 'tls.certificate.renewed']);
});

test('files are looked at every ten seconds, and a certificate that runs out is told once', async () => {
  await install(await identity(-HOUR_MS, 15_000));
  const keeper = await open();
  const ending = new AbortController();
  const running = keeper.run(ending.signal);
  for (const expired of [0, 1, 1]) {
    await until(() => clock.sleepers === 1, 'the keeper to sleep');
    await clock.advance(10_000);
    await until(() => clock.sleepers === 1, 'the keeper to have looked');
    expect(logged.filter((event) => event === 'tls.certificate.expired')).toHaveLength(expired);
  }
  expect(keeper.isExpired).toBe(true);
  ending.abort();
  await running;
});

test('a renewed certificate is shown to new connections, and open ones stay', async () => {
  const first = await serverIdentity();
  const second = await serverIdentity();
  const server = await listen(
    {
      address: '127.0.0.1',
      port: 0,
      silenceMax: milliseconds(60_000),
      certificate: { certificate: first.certificate, privateKey: first.key },
    },
    async (_request, reply) => {
      reply.start(200, { 'Content-Length': '2' });
      reply.end('ok');
    },
  );
  const open = await Tls.connect(server, first.certificate);
  expect(await open.get()).toContain('ok');
  server.useCertificate({ certificate: second.certificate, privateKey: second.key });
  expect(await open.get()).toContain('ok');
  await expect(Tls.connect(server, first.certificate)).rejects.toThrow();
  const renewed = await Tls.connect(server, second.certificate);
  expect(await renewed.get()).toContain('ok');
  open.close();
  renewed.close();
  await server.stop();
});

test('the end that is told is that of the server’s own certificate', async () => {
  await install(await identity(-HOUR_MS, HOUR_MS));
  const { notAfter } = await loadCertificate(place, nodeFileSystem, clock.now());
  expect(notAfter).toBe(epochMs(clock.now() + HOUR_MS));
});

/** A connection of HTTP/1.1 that trusts one certificate alone. */
class Tls {
  readonly #socket: ReturnType<typeof connect>;
  private constructor(socket: ReturnType<typeof connect>) {
    this.#socket = socket;
  }

  static connect(server: HttpListener, ca: string): Promise<Tls> {
    return new Promise((resolve, reject) => {
      const port = Number(new URL(server.url).port);
      const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] });
      socket.once('secureConnect', () => resolve(new Tls(socket)));
      socket.once('error', reject);
    });
  }

  get(): Promise<string> {
    this.#socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return new Promise((resolve) => this.#socket.once('data', (chunk) => resolve(String(chunk))));
  }

  close(): void {
    this.#socket.destroy();
  }
}
