import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededBytes } from '../../fixtures/bytes.ts';
import { serverIdentity } from '../../fixtures/secure-control-plane.ts';
import { speakTls } from '../../fixtures/secure-site.ts';
import { TestSite } from '../../fixtures/test-agent.ts';
import { until } from '../../fixtures/until.ts';

const content = seededBytes(31, 500_000);
const PATH = '/content/title-1/video.mp4';
let site: TestSite;
let ca: string;

beforeAll(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', content);
  await site.store('title-1', 'video.mp4');
  ca = await speakTls(site);
});
afterAll(() => site.stop());

/** The certificate that a new connection is shown, as the number in it. */
async function shownSerial(): Promise<string> {
  const { hostname, port } = new URL(site.url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test('HTTP/2 over TLS 1.3: a hit of nginx, byte for byte', async () => {
  const session = connectHttp2(site.url, { ca });
  try {
    const stream = session.request({ ':path': PATH });
    const [headers] = await once(stream, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect([headers[':status'], headers['cache-status']]).toEqual([200, '"test-oca"; hit']);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    expect((session.socket as TLSSocket).getProtocol()).toBe('TLSv1.3');
  } finally {
    session.close();
  }
});

test('what the agent answers comes over HTTP/2, too', async () => {
  const session = connectHttp2(site.url, { ca });
  try {
    const stream = session.request({ ':path': '/content/title-1/../video.mp4' });
    const [headers] = await once(stream, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(headers[':status']).toBe(400);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ code: 'path-invalid' });
  } finally {
    session.close();
  }
});

test('TLS 1.1 is refused', async () => {
  const { hostname, port } = new URL(site.url);
  const old = {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const;
  const socket = connect({ host: hostname, port: Number(port), ca, ...old });
  const [error] = await once(socket, 'error');
  expect(String(error)).toMatch(/alert|protocol|version/i);
});

test('a renewed certificate is shown to new connections', async () => {
  const before = await shownSerial();
  const { certificate, key } = await serverIdentity();
  for (const [name, text] of [
    ['tls.key', key],
    ['tls.crt', certificate],
  ] as const) {
    await writeFile(join(site.folder, `${name}.new`), text, { mode: 0o600 });
    await rename(join(site.folder, `${name}.new`), join(site.folder, name));
  }
  await until(async () => (await shownSerial()) !== before, 'the new certificate', 20_000);
});
