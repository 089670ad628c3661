import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { CdnError } from '#domain/errors.ts';
import { epochMs } from '#domain/units.ts';
import { importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import type { CorsConfiguration, HttpRoute } from '../../../local/cloud-assembly/http-routes.ts';
import { lentByOperator } from '../../../local/gateway/callers.ts';
import { FunctionApi } from '../../../local/gateway/function-api.ts';
import { gatewayServer } from '../../../local/gateway/gateway-server.ts';
import type { OcaProcess } from '../../../local/gateway/local-api.ts';
import type { HttpApiEvent } from '../../../local/gateway/request-event.ts';
import { contentSecurityPolicy, StaticFiles } from '../../../local/gateway/static-files.ts';
import type { FunctionReference } from '../../../local/lambda-host/function-host.ts';
import { stackOf } from '../cloud-assembly/assembly-fixture.ts';
import { listening } from '../listening.ts';

const cors: CorsConfiguration = {
  AllowOrigins: ['*'],
  AllowMethods: ['GET'],
  AllowHeaders: ['authorization'],
  ExposeHeaders: ['etag'],
  MaxAge: 60,
};
const stack = stackOf({});
const route = (routeKey: string, more: Partial<HttpRoute> = {}): HttpRoute => ({
  routeKey,
  stack,
  functionId: routeKey,
  timeoutMs: 5000,
  ...more,
});
const authorizerId = 'authorizer';
const routes = [
  route('GET /v1/echo/{name}', { cors }),
  route('GET /v1/guarded', { authorizerId }),
  route('PUT /v1/guarded', { authorizerId }),
  route('POST /v1/echo/{name}'),
  route('GET /v1/slow', { timeoutMs: 20 }),
  route('GET /v1/broken'),
];

let folder: string;
let url: string;
let close: () => Promise<void>;
let running: OcaProcess[] = [{ ocaId: 'metro-1', isRunning: true, pid: 1 }];
const orders: string[] = [];

async function invoke({ functionId }: FunctionReference, event: unknown): Promise<unknown> {
  if (functionId === authorizerId) return authorize(event as HttpApiEvent);
  if (functionId === 'GET /v1/slow') return new Promise(() => undefined);
  if (functionId === 'GET /v1/broken') throw new CdnError('internal', 'stack trace');
  const headers = { 'Access-Control-Allow-Origin': 'https://own.example', ETag: '"1"' };
  return { statusCode: 200, headers, body: JSON.stringify(event) };
}

/** Lets the operator read and not write, and shows what it was asked. */
function authorize(event: HttpApiEvent): unknown {
  const { clientCert } = event.requestContext.authentication ?? {};
  const isOperator = clientCert?.subjectDN === 'CN=this-machine';
  return {
    isAuthorized: isOperator && event.requestContext.http.method === 'GET',
    context: { name: 'this-machine', asked: Object.keys(event) },
  };
}

beforeAll(async () => {
  const now = epochMs(Date.now());
  const document = await makeAuthority({ name: 'test', now });
  const { privateKey, csr } = await makeClientKey();
  const { certificate } = await issueCertificate({
    csr,
    identity: { role: 'operator', name: 'this-machine' },
    authority: await importAuthority(document),
    lifetimeDays: 1,
    now,
  });
  const credentials = lentByOperator({
    pem: privateKey + certificate,
    credential: 'operator-secret',
  });
  folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  mkdirSync(join(folder, 'console', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(folder, 'console', 'index.html'), '<title>console</title>');
  writeFileSync(join(folder, 'console', 'assets', 'main-ABCD2345.js'), 'main()');
  const log = () => undefined;
  const server = gatewayServer({
    functionApi: new FunctionApi({ routes, invoke, credentials, log }),
    processes: {
      list: () => running,
      start: async (ocaId) => {
        orders.push(`start ${ocaId}`);
      },
      stop: async (ocaId, signal) => {
        orders.push(`${signal} ${ocaId}`);
        running = [{ ocaId, isRunning: false }];
      },
    },
    console: new StaticFiles(
      join(folder, 'console'),
      contentSecurityPolicy(['http://127.0.0.11:1']),
    ),
    log,
  });
  ({ url, close } = await listening(server));
});
afterAll(async () => {
  await close();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  orders.splice(0);
});

const echoed = async (path: string, init: RequestInit = {}) =>
  (await (await fetch(`${url}${path}`, init)).json()) as HttpApiEvent;

/** Sends a request target as it is, which `fetch` would tidy up first. */
async function raw(target: string, fields: string[] = []): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [`GET ${target} HTTP/1.1`, 'connection: close', ...fields];
  const hasHost = fields.some((field) => field.startsWith('host:'));
  socket.write(`${[...lines, ...(hasHost ? [] : [`host: ${host}`])].join('\r\n')}\r\n\r\n`);
  return text(socket);
}

const outside = [
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '//secret.txt',
];
test.each(outside)('%s leads to no file outside the console', async (target) => {
  const response = await raw(target);
  expect(response).toMatch(/^HTTP\/1\.1 404 /);
  expect(response).not.toContain('outside');
});

const foreign: [reason: string, fields: string[]][] = [
  ['a rebound host name', ['host: attacker.example']],
  ['a page of another site', ['origin: https://attacker.example']],
  ['a cross-site request without an origin', ['sec-fetch-site: cross-site']],
];
test.each(foreign)("the operator's credential is not lent to %s", async (_reason, fields) => {
  expect(await raw('/v1/echo/a', fields)).not.toContain('operator-secret');
});

test.each(foreign)('this machine’s own API refuses %s', async (_reason, fields) => {
  expect(await raw('/local/processes', fields)).toMatch(/^HTTP\/1\.1 403 .*"code":"forbidden"/s);
});

test('a function that does not answer in time is a 504, one that fails a 500, neither with an inner word', async () => {
  const slow = await fetch(`${url}/v1/slow`);
  expect([slow.status, await slow.json()]).toMatchObject([504, { code: 'upstream-timeout' }]);
  const broken = await fetch(`${url}/v1/broken`);
  expect([broken.status, await broken.text()]).toEqual([500, expect.not.stringContaining('stack')]);
});

test('a body beyond what Lambda takes is refused', async () => {
  const body = new Uint8Array(6 * 1024 * 1024 + 1);
  const response = await fetch(`${url}/v1/echo/a`, { method: 'POST', body });
  expect([response.status, await response.json()]).toMatchObject([
    413,
    { code: 'message-too-large' },
  ]);
});

test('a method without a route is 405, a path without one is 404', async () => {
  const wrong = await fetch(`${url}/v1/echo/a`, { method: 'DELETE' });
  expect([wrong.status, await wrong.json()]).toMatchObject([405, { code: 'method-not-allowed' }]);
  const unknown = await fetch(`${url}/v1/else`);
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'not-found' }]);
});

test.each(foreign)("the operator's certificate is not lent to %s", async (_reason, fields) => {
  expect(await raw('/v1/guarded', fields)).toMatch(/^HTTP\/1\.1 403 .*"code":"forbidden"/s);
});

test('what the authorizer says no to is refused, and does not reach the function', async () => {
  const refused = await fetch(`${url}/v1/guarded`, { method: 'PUT', body: '{}' });
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'forbidden' }]);
});

test("on a guarded route a program on this machine is lent the operator's certificate, and no secret", async () => {
  const { requestContext, headers } = await echoed('/v1/guarded');
  expect(requestContext.authentication?.clientCert).toMatchObject({
    clientCertPem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
    issuerDN: expect.stringMatching(/^CN=test [0-9a-f]{8}$/),
    serialNumber: expect.stringMatching(/^(?:[0-9a-f]{2}:)+[0-9a-f]{2}$/),
    validity: {
      notBefore: expect.stringMatching(/ GMT$/),
      notAfter: expect.stringMatching(/ GMT$/),
    },
  });
  expect(requestContext.authorizer).toMatchObject({ lambda: { name: 'this-machine' } });
  expect(headers).not.toHaveProperty('authorization');
});

test('the authorizer is asked in format 2.0, without the body', async () => {
  const { requestContext } = await echoed('/v1/guarded');
  const said = requestContext.authorizer?.lambda as { asked: string[] } | undefined;
  expect(said?.asked).toEqual(
    expect.arrayContaining(['version', 'type', 'routeKey', 'identitySource']),
  );
  expect(said?.asked).not.toContain('body');
});

test("a program on this machine is lent the operator's credential, unless it brings its own", async () => {
  expect((await echoed('/v1/echo/a')).headers.authorization).toBe('Bearer operator-secret');
  const init = { headers: { authorization: 'Bearer oca-secret' } };
  expect((await echoed('/v1/echo/a', init)).headers.authorization).toBe('Bearer oca-secret');
});

test('a function gets the request in payload format 2.0', async () => {
  const event = await echoed('/v1/echo/a%20b?x=1&x=2&y=%2F', {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'a=1; b=2', 'X-Custom': 'yes' },
    body: '{"n":1}',
  });
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'POST /v1/echo/{name}',
    rawPath: '/v1/echo/a%20b',
    rawQueryString: 'x=1&x=2&y=%2F',
    cookies: ['a=1', 'b=2'],
    headers: { 'x-custom': 'yes' },
    queryStringParameters: { x: '1,2', y: '/' },
    pathParameters: { name: 'a b' },
    requestContext: { http: { method: 'POST', path: '/v1/echo/a%20b', sourceIp: '127.0.0.1' } },
    body: '{"n":1}',
    isBase64Encoded: false,
  });
  expect(event.headers).not.toHaveProperty('cookie');
});

test('a body that is not text travels as base64', async () => {
  const event = await echoed('/v1/echo/a', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array([0, 255]),
  });
  expect(event).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
});

test('an API with a CORS configuration speaks for its functions, one without leaves them to speak', async () => {
  const headers = { origin: 'https://player.example' };
  const configured = await fetch(`${url}/v1/echo/a`, { headers });
  expect(Object.fromEntries(configured.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'etag',
  });
  const plain = await fetch(`${url}/v1/echo/a`, { method: 'POST', headers });
  expect(plain.headers.get('access-control-allow-origin')).toBe('https://own.example');
});

test('a preflight request is answered for the API', async () => {
  const headers = { origin: 'https://player.example', 'access-control-request-method': 'GET' };
  const response = await fetch(`${url}/v1/echo/a`, { method: 'OPTIONS', headers });
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': 'authorization',
    'access-control-max-age': '60',
  });
});

test('the console is served with its policy, and its hashed files may be kept for ever', async () => {
  const page = await fetch(`${url}/`);
  expect(await page.text()).toBe('<title>console</title>');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toContain('http://127.0.0.11:1');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const script = await fetch(`${url}/assets/main-ABCD2345.js`);
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(script.headers.get('cache-control')).toContain('immutable');
});

const post = (path: string, body?: string) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });

test('an order for an OCA that is not here, or with a signal that nobody knows, is refused', async () => {
  expect((await post('/local/ocas/metro-9/stop')).status).toBe(404);
  expect((await post('/local/ocas/metro-1/stop', '{"signal":"SIGSTOP"}')).status).toBe(400);
  expect((await post('/local/ocas/metro-1/stop', '{')).status).toBe(400);
  expect((await post('/local/ocas/metro-1/explode')).status).toBe(404);
  expect((await fetch(`${url}/local/ocas/metro-1/stop`)).status).toBe(405);
  expect(orders).toEqual([]);
});

test('the console stops and starts OCAs and sees what came of it', async () => {
  const stopped = await post('/local/ocas/metro-1/stop', '{"signal":"SIGKILL"}');
  expect(await stopped.json()).toEqual({ ocas: [{ ocaId: 'metro-1', isRunning: false }] });
  await post('/local/ocas/metro-1/start');
  await post('/local/ocas/metro-1/stop', '{}');
  await post('/local/ocas/metro-1/stop');
  expect(orders).toEqual([
    'SIGKILL metro-1',
    'start metro-1',
    'SIGTERM metro-1',
    'SIGTERM metro-1',
  ]);
});
