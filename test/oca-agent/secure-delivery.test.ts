import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { get as getHttps } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { examineTls } from '../../oca-agent/cli/examine-tls.ts';
import { parseAgentConfig } from '../../oca-agent/config/agent-config.ts';
import { nodePlatform } from '../../oca-agent/platform/node-platform.ts';
import { seededBytes } from './fixtures/bytes.ts';
import { serverIdentity } from './fixtures/secure-control-plane.ts';
import { speakTls } from './fixtures/secure-site.ts';
import { TestSite } from './fixtures/test-agent.ts';

const PATH = '/content/title-1/v.mp4';
const content = seededBytes(91, 200_000);
let site: TestSite;
let ca: string;
beforeAll(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'v.mp4', content);
  await site.store('title-1', 'v.mp4');
  ca = await speakTls(site);
});
afterAll(() => site.stop());

interface Got {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

const overHttp1 = (headers: Record<string, string>): Promise<Got> =>
  new Promise((resolve, reject) => {
    const asked = getHttps(`${site.url}${PATH}`, { ca, headers, agent: false }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const status = answer.statusCode ?? 0;
      resolve({ status, headers: answer.headers, body: Buffer.concat(chunks) });
    });
    asked.on('error', reject);
  });

const overHttp2 = (headers: Record<string, string>): Promise<Got> =>
  new Promise((resolve, reject) => {
    const session = connectHttp2(site.url, { ca });
    const stream = session.request({ ':path': PATH, ...headers });
    const chunks: Buffer[] = [];
    stream.on('response', ({ ':status': status = 0, ...rest }) => {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        session.close();
        resolve({ status, headers: rest, body: Buffer.concat(chunks) });
      });
    });
    stream.on('error', reject);
    session.on('error', reject);
  });

/** What each answer and each connection has of its own. */
const lasting = ({ status, headers, body }: Got) => {
  const { connection, 'keep-alive': _, date, 'x-request-id': id, ...same } = headers;
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(date).toBeDefined();
  return {
    status,
    headers: Object.fromEntries(Object.entries(same)),
    body: body.toString('latin1'),
  };
};

test.each([
  ['a whole file', {}, 200],
  ['a range', { range: 'bytes=1000-150000' }, 206],
  ['a range that lies outside', { range: 'bytes=200000-' }, 416],
  ['a tag that it has', { 'if-none-match': '*' }, 304],
  ['a condition that fails', { 'if-match': '"other"' }, 412],
])('HTTP/2 and HTTP/1.1 answer the same to %s', async (_what, headers, status) => {
  const [one, two] = [await overHttp1(headers), await overHttp2(headers)];
  expect(lasting(two)).toEqual(lasting(one));
  expect(two.status).toBe(status);
  if (status === 200) expect(two.body.equals(content)).toBe(true);
});

test.each([
  ['TLSv1', 'ALL:@SECLEVEL=0', undefined],
  ['TLSv1.1', 'ALL:@SECLEVEL=0', undefined],
  ['TLSv1.2', 'AES128-GCM-SHA256', undefined],
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA', undefined],
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'TLSv1.2'],
  ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', 'TLSv1.3'],
] as const)('of %s with %s a client gets %s', async (version, ciphers, agreed) => {
  const { hostname: host, port } = new URL(site.url);
  const protocol = await new Promise((resolve) => {
    const versions = { minVersion: version, maxVersion: version };
    const socket = connect({ host, port: Number(port), ca, ciphers, ...versions }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
  });
  expect(protocol).toBe(agreed);
});

test('the end of the certificate is told: status, metrics, report and doctor', async () => {
  const certificate = await readFile(join(site.folder, 'tls.crt'), 'utf8');
  expect(certificate).toBe(ca);
  const { serverCertificateExpiresAt = 0 } = await site.status();
  const days = (serverCertificateExpiresAt - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(0.9);
  expect(days).toBeLessThan(1.1);
  const metrics = await (await fetch(`${site.managementUrl}/metrics`)).text();
  const seconds = serverCertificateExpiresAt / 1000;
  expect(metrics).toContain(`oca_server_certificate_expiry_time_seconds ${seconds}\n`);
  expect(site.control.lastReport?.serverCertificateExpiresAt).toBe(serverCertificateExpiresAt);
  expect(await examineTls(parseAgentConfig(site.configText()), nodePlatform())).toMatchObject([
    { check: 'TLS', verdict: 'warning', detail: expect.stringContaining('0 d more') },
  ]);
});

test('doctor finds a key that others may read, and a pair that is none', async () => {
  const certificateFile = join(site.folder, 'other.crt');
  const keyFile = join(site.folder, 'other.key');
  const config = parseAgentConfig(site.configText());
  const examined = () =>
    examineTls(
      { ...config, delivery: { ...config.delivery, tls: { certificateFile, keyFile } } },
      nodePlatform(),
    );
  const { certificate, key } = await serverIdentity({ notAfter: Date.now() + 90 * 86_400_000 });
  await writeFile(certificateFile, certificate);
  expect(await examined()).toMatchObject([{ verdict: 'fault' }]);
  await writeFile(keyFile, key, { mode: 0o644 });
  expect(await examined()).toMatchObject([
    { verdict: 'warning', detail: expect.stringContaining('use 640 or 600') },
  ]);
});

test('a wrong pair keeps the agent from starting, with one clear error', async () => {
  const other = await TestSite.build();
  const tls = { certificateFile: join(other.folder, 'none'), keyFile: join(other.folder, 'none') };
  other.configure({
    delivery: { address: '127.0.0.1', port: 0, tls },
    deliveryUrl: 'https://a.example',
  });
  await expect(other.startAgent()).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining('delivery.tls: '),
  });
  await other.stop();
});

test('an address in the clear is no address of an agent that speaks TLS', () => {
  const value = { ...JSON.parse(site.configText()), deliveryUrl: 'http://a.example' };
  expect(() => parseAgentConfig(JSON.stringify(value))).toThrow(
    'deliveryUrl: expected an https URL, because of delivery.tls',
  );
});
