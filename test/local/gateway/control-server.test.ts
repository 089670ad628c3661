import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import type { CertificateGrant } from '#protocol/client-certificate.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { exchange } from '../../../bin/distributary/https-exchange.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import {
  OPERATOR_SAM,
  ocaNamed,
  type SecureControlApi,
  startSecureControlApi,
} from './secure-control-api.ts';

let api: SecureControlApi;
let operatorPem: string;
let metroPem: string;
beforeAll(async () => {
  api = await startSecureControlApi();
  operatorPem = await api.identity(OPERATOR_SAM);
  metroPem = await api.identity(ocaNamed('metro-1'));
});
afterAll(() => api.stop());

async function ask(pem: string, method: string, path: string, body?: unknown) {
  const answer = await exchange({
    url: `${api.url}${path}`,
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    tls: { key: pem, certificate: pem, serverAuthority: api.serverCa },
    withinMs: 20_000,
  });
  const json = answer.text === '' ? {} : JSON.parse(answer.text);
  return { status: answer.status, json };
}

/** How a handshake without a client certificate ends, in a TLS version. */
function handshake(version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const options = { ca: api.serverCa, minVersion: version, maxVersion: version };
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), ...options });
    socket.on('data', (bytes) => resolve(bytes.toString()));
    socket.on('error', ({ message }) => resolve(message));
    socket.on('close', () => resolve('closed'));
    socket.write('GET /v1/keys HTTP/1.1\r\nhost: x\r\n\r\n');
  });
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'without a certificate there is no connection over %s',
  async (version) => {
    expect(await handshake(version)).toMatch(/alert|closed|reset/i);
  },
);

test('older TLS is not spoken', async () => {
  expect(await handshake('TLSv1.1')).not.toContain('HTTP');
});

test('a certificate of another authority gets no connection, whatever it says', async () => {
  const foreign = await makeAuthority({ name: 'clients', now: epochMs(Date.now()) });
  const pem = await api.identity(OPERATOR_SAM, foreign);
  await expect(ask(pem, 'GET', '/v1/ocas')).rejects.toMatchObject({
    code: expect.stringMatching(/SSL|ECONNRESET|EPIPE/),
  });
});

test('an OCA asks what is its own, and no operator’s or other OCA’s', async () => {
  expect((await ask(metroPem, 'GET', '/v1/keys')).status).toBe(200);
  for (const [method, path] of [
    ['GET', '/v1/ocas/metro-2/plan'],
    ['POST', '/v1/ocas/metro-2/certificate'],
    ['GET', '/v1/ocas'],
    ['GET', '/v1/denied-certificates'],
  ] as const) {
    const { status, json } = await ask(metroPem, method, path);
    expect([status, json.code]).toEqual([403, 'forbidden']);
  }
  const { status, json } = await ask(operatorPem, 'GET', '/v1/ocas');
  expect([status, json.ocas.length]).toEqual([200, 3]);
});

test('what is not routed, and a method that is not, are refused as by the gateway', async () => {
  expect((await ask(operatorPem, 'GET', '/v1/titles')).status).toBe(404);
  expect((await ask(operatorPem, 'DELETE', '/v1/ocas')).status).toBe(405);
});

test('an OCA goes on with the certificate that it renewed, and the old one may be denied', async () => {
  const { privateKey, csr } = await makeClientKey();
  const renewed = await ask(metroPem, 'POST', '/v1/ocas/metro-1/certificate', { csr });
  expect(renewed.status).toBe(201);
  const renewedPem = privateKey + (renewed.json as CertificateGrant).certificate;
  const isIn = async (pem: string) => (await ask(pem, 'GET', '/v1/keys')).status === 200;
  expect([await isIn(metroPem), await isIn(renewedPem)]).toEqual([true, true]);
  const serial = new X509Certificate(metroPem).serialNumber.toLowerCase().replace(/^0+/, '');
  const path = `/v1/denied-certificates/${serial}`;
  expect((await ask(operatorPem, 'PUT', path, { reason: 'replaced' })).status).toBe(200);
  api.clock.advance(10_000);
  expect([await isIn(metroPem), await isIn(renewedPem)]).toEqual([false, true]);
  expect((await ask(operatorPem, 'DELETE', path)).status).toBe(204);
  api.clock.advance(10_000);
  expect(await isIn(metroPem)).toBe(true);
});
