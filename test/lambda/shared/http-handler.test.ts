import { beforeEach, expect, test } from '@jest/globals';
import { CdnError } from '#domain/errors.ts';
import { object, text } from '#protocol/decode.ts';
import { decodeBody, type HttpRequest, jsonAnswer } from '../../../lambda/shared/http.ts';
import { createHttpHandler } from '../../../lambda/shared/http-handler.ts';

const logged: unknown[] = [];
let seen: HttpRequest | undefined;
const echo = async (request: HttpRequest) => {
  seen = request;
  return jsonAnswer(200, request.parameters);
};
const handler = createHttpHandler(
  [
    { method: 'GET', path: '/v1/things/{thingId}/parts/{partId}', isPublic: true, answer: echo },
    {
      method: 'PUT',
      path: '/v1/things/{thingId}',
      answer: async (request) => jsonAnswer(200, decodeBody(request, object({ name: text() }), 40)),
    },
    {
      method: 'POST',
      path: '/v1/broken',
      answer: () => Promise.reject(new TypeError('secret detail')),
    },
    {
      method: 'POST',
      path: '/v1/locked',
      answer: () => Promise.reject(new CdnError('credential-missing', 'say who you are')),
    },
  ],
  (...line) => logged.push(line),
);
const ask = async (method: string, rawPath: string, extra: object = {}) => {
  const requestContext = { http: { method, sourceIp: '203.0.113.9' } };
  const result = await handler({
    rawPath,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    requestContext,
    ...extra,
  });
  return { ...result, json: result.body === '' ? undefined : JSON.parse(result.body) };
};
beforeEach(() => {
  logged.length = 0;
  seen = undefined;
});

test('a path that no route matches is 404, without CORS', async () => {
  for (const path of [
    '/',
    '/v1/things',
    '/v1/things//parts/1',
    '/v1/things/1/parts/',
    '/v1/things/1/parts/2/',
  ]) {
    const answer = await ask('GET', path);
    expect([answer.statusCode, answer.json.code]).toEqual([404, 'not-found']);
    expect(answer.headers).not.toHaveProperty('Access-Control-Allow-Origin');
  }
});

test('a method that no route has is 405 and tells those that there are', async () => {
  const answer = await ask('OPTIONS', '/v1/things/1');
  expect([answer.statusCode, answer.headers.Allow]).toEqual([405, 'PUT']);
});

test('what we did not foresee says nothing of itself to the client, and all to the log', async () => {
  const answer = await ask('POST', '/v1/broken');
  expect([answer.statusCode, answer.json.code]).toEqual([500, 'internal']);
  expect(answer.body).not.toContain('secret detail');
  expect(logged).toEqual([
    [
      'error',
      'request.failed',
      { route: 'POST /v1/broken', error: 'TypeError', message: 'secret detail' },
    ],
  ]);
});

test('a refusal is a problem with a code, and a missing credential is challenged', async () => {
  const answer = await ask('POST', '/v1/locked');
  expect(answer.statusCode).toBe(401);
  expect(answer.headers).toMatchObject({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'WWW-Authenticate': 'Bearer',
  });
  expect(answer.json).toMatchObject({
    type: 'urn:distributary:error:credential-missing',
    status: 401,
    detail: 'say who you are',
  });
  expect(logged).toEqual([]);
});

test('a body in base64 is read, and one that is too large in bytes, not in letters, is refused', async () => {
  const put = (body: string, isBase64Encoded = false) =>
    ask('PUT', '/v1/things/1', { body, isBase64Encoded });
  expect((await put(Buffer.from('{"name":"Zoë"}').toString('base64'), true)).json).toEqual({
    name: 'Zoë',
  });
  expect((await put(JSON.stringify({ name: 'ë'.repeat(15) }))).json.code).toBe('message-too-large');
  expect((await put('')).json.code).toBe('message-invalid');
});

test('parameters and queries reach the operation, however odd the query', async () => {
  const answer = await ask('GET', '/v1/things/a/parts/b', { rawQueryString: 'x=%ZZ&y=1&y=2&=' });
  expect(answer.json).toEqual({ thingId: 'a', partId: 'b' });
  expect(seen?.query.getAll('y')).toEqual(['1', '2']);
});

test('a public operation answers preflights and lets any page read its answers and refusals', async () => {
  const preflight = await ask('OPTIONS', '/v1/things/a/parts/b');
  expect([preflight.statusCode, preflight.body]).toEqual([204, '']);
  expect(preflight.headers).toMatchObject({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  });
  const refusal = await ask('DELETE', '/v1/things/a/parts/b');
  expect([refusal.statusCode, refusal.headers['Access-Control-Allow-Origin']]).toEqual([405, '*']);
});
