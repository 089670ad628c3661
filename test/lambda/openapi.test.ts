import SwaggerParser from '@apidevtools/swagger-parser';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { PlaybackSession } from '#protocol/playback.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { certificateRoutes } from '../../lambda/certificates/create-certificates.ts';
import { controlContext } from '../../lambda/control/context.ts';
import { controlRoutes } from '../../lambda/control/create-control.ts';
import { createEnrolment, enrolmentRoutes } from '../../lambda/enrolment/create-enrolment.ts';
import { playbackContext } from '../../lambda/playback/context.ts';
import { playbackRoutes } from '../../lambda/playback/create-playback.ts';
import { steeringRoutes } from '../../lambda/steering/create-steering.ts';
import {
  type Answer,
  type AskOptions,
  type ControlPlaneUnderTest,
  OPERATOR,
  OPERATOR_SECRET,
  startControlPlane,
} from './support/control-plane.ts';
import {
  assetIdOf,
  fleetInService,
  ISP_CLIENT,
  registration,
  report,
  SITES,
} from './support/fleet.ts';

const FILE = 'docs/openapi.yaml';
type Schema = Parameters<typeof z.fromJSONSchema>[0];
interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;

let plane: ControlPlaneUnderTest;
let operations: Map<string, Operation>;
beforeAll(async () => {
  const document = await SwaggerParser.dereference(FILE);
  const paths = Object.entries(document.paths as Record<string, Record<string, Operation>>);
  const methods = ['get', 'put', 'post', 'delete'];
  operations = new Map(
    paths.flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => methods.includes(method))
        .map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    ),
  );
  plane = await startControlPlane();
  await fleetInService(plane);
  await plane.planner({ window: 'next' });
});
afterAll(() => plane.stop());

test('the document is valid OpenAPI 3.1', async () => {
  await expect(SwaggerParser.validate(FILE)).resolves.toMatchObject({ openapi: '3.1.0' });
});

test('it describes the operations that the handlers implement, all of them and no other', () => {
  const implemented = [
    ...playbackRoutes(playbackContext(plane.wiring)),
    ...steeringRoutes(plane.wiring),
    ...controlRoutes(controlContext(plane.wiring)),
    ...certificateRoutes(plane.wiring),
    ...enrolmentRoutes(enrolmentWiring()),
  ].map((route) => `${route.method} ${route.path}`);
  expect([...operations.keys()].toSorted()).toEqual(implemented.toSorted());
});

test('every operation says who may ask, and has a name of its own', () => {
  const all = [...operations.values()];
  expect(all.every((operation) => operation.security !== undefined)).toBe(true);
  expect(new Set(all.map((operation) => operation.operationId)).size).toBe(all.length);
});

/** Holds an answer to what the document says of its operation and status. */
function expectConforming(key: string, answer: Answer<unknown>): void {
  const { responses = {} } = operations.get(key) ?? {};
  const described = responses[`${answer.status}`] ?? responses.default;
  const contentType = answer.headers['Content-Type'];
  const told = { key, status: answer.status, contentTypes: contentType ? [contentType] : [] };
  expect(told).toEqual({ ...told, contentTypes: Object.keys(described?.content ?? {}) });
  const schema = described?.content?.[contentType ?? '']?.schema;
  if (!schema || answer.json === undefined) return;
  const issues = z.fromJSONSchema(schema).safeParse(answer.json).error?.issues ?? [];
  expect({ key, issues }).toEqual({ key, issues: [] });
}

const operator = { as: OPERATOR };
const own = { as: 'metro-1' };
const assetIds = [assetIdOf('city/audio.mp4')];
const digest = '0'.repeat(64);
const inventory = { version: 1, ocaId: 'metro-1', digest, titles: [{ titleId: 'city', assetIds }] };

test.each<[string, string, AskOptions]>([
  ['GET /v1/ocas', '/v1/ocas', operator],
  [
    'PUT /v1/ocas/{ocaId}',
    '/v1/ocas/metro-1',
    { ...own, body: registration('metro-1', 'isp-metro') },
  ],
  [
    'POST /v1/ocas/{ocaId}/reports',
    '/v1/ocas/metro-1/reports',
    { ...own, body: report('metro-1', { sequence: 2 }) },
  ],
  ['PUT /v1/ocas/{ocaId}/inventory', '/v1/ocas/metro-1/inventory', { ...own, body: inventory }],
  ['GET /v1/ocas/{ocaId}/plan', '/v1/ocas/metro-1/plan', own],
  [
    'GET /v1/ocas/{ocaId}/plan',
    '/v1/ocas/metro-1/plan',
    { ...own, headers: { 'if-none-match': '*' } },
  ],
  ['POST /v1/ocas/{ocaId}/sources', '/v1/ocas/metro-1/sources', { ...own, body: { assetIds } }],
  [
    'POST /v1/ocas/{ocaId}/drain',
    '/v1/ocas/metro-2/drain',
    { ...operator, body: { draining: false } },
  ],
  ['GET /v1/keys', '/v1/keys', own],
  ['GET /v1/sites', '/v1/sites', operator],
  ['GET /v1/sites/{siteId}', '/v1/sites/isp-metro', operator],
  ['PUT /v1/sites/{siteId}', '/v1/sites/isp-metro', { ...operator, body: SITES[0] }],
  ['GET /v1/titles/{titleId}', '/v1/titles/city', operator],
  ['POST /v1/plans', '/v1/plans', { ...operator, body: { window: 'now' } }],
  ['GET /v1/denied-certificates', '/v1/denied-certificates', operator],
  [
    'PUT /v1/denied-certificates/{serial}',
    '/v1/denied-certificates/ab',
    { ...operator, body: { reason: 'lost' } },
  ],
  ['GET /v1/denied-certificates', '/v1/denied-certificates', operator],
  ['DELETE /v1/denied-certificates/{serial}', '/v1/denied-certificates/ab', operator],
  [
    'PUT /v1/revoked-sessions/{sessionId}',
    '/v1/revoked-sessions/oca:metro-1',
    { ...operator, body: { reason: 'lost' } },
  ],
  ['GET /v1/revoked-sessions', '/v1/revoked-sessions', operator],
  ['GET /v1/revoked-sessions', '/v1/revoked-sessions', own],
  ['DELETE /v1/revoked-sessions/{sessionId}', '/v1/revoked-sessions/oca:metro-1', operator],
  ['POST /v1/purges', '/v1/purges', { ...operator, body: { titleId: 'city', prefix: 'video' } }],
  ['GET /v1/purges', '/v1/purges?after=0', own],
  ['GET /v1/purges/{purgeId}', '/v1/purges/1', operator],
])('%s: what is sent and what is answered is as described', async (key, target, options) => {
  const [method = ''] = key.split(' ');
  const requestSchema = operations.get(key)?.requestBody?.content['application/json']?.schema;
  if (requestSchema)
    expect(z.fromJSONSchema(requestSchema).safeParse(options.body).error?.issues ?? []).toEqual([]);
  const answer = await plane.control<unknown>(method, target, options);
  expect(answer.status).toBeLessThan(400);
  expectConforming(key, answer);
  expectConforming(key, await plane.control<unknown>(method, target, { body: options.body }));
  if (options.body !== undefined)
    expectConforming(key, await plane.control<unknown>(method, target, { ...options, body: 7 }));
});

test('a session, its manifests and its steering are as described, from the first to the last', async () => {
  const options = { clientAddress: ISP_CLIENT };
  const session = await plane.playback<PlaybackSession>('GET', '/v1/playback/city', options);
  expectConforming('GET /v1/playback/{titleId}', session);
  const { search } = new URL(session.json.steeringUrl);
  for (const file of ['manifest.mpd', 'main.m3u8']) {
    const key = `GET /v1/playback/{titleId}/${file}`;
    expectConforming(key, await plane.playback('GET', `/v1/playback/city/${file}${search}`));
    expectConforming(key, await plane.playback('GET', `/v1/playback/city/${file}`));
    expectConforming(key, await plane.playback('GET', `/v1/playback/absent/${file}`));
  }
  for (const protocol of ['dash', 'hls']) {
    const key = `GET /v1/steering/${protocol}`;
    expectConforming(key, await plane.steering('GET', `/v1/steering/${protocol}${search}`));
    expectConforming(key, await plane.steering('GET', `/v1/steering/${protocol}`));
  }
});

test('the other operations of the playback API are as described', async () => {
  expectConforming('GET /health', await plane.playback('GET', '/health'));
  expectConforming('GET /v1/titles', await plane.playback('GET', '/v1/titles'));
  for (const query of [`ip=${ISP_CLIENT}&title=city`, `ip=${ISP_CLIENT}`, 'ip=x']) {
    expectConforming(
      'GET /v1/explain',
      await plane.playback('GET', `/v1/explain?${query}`, { bearer: OPERATOR_SECRET }),
    );
  }
  expectConforming('GET /v1/explain', await plane.playback('GET', '/v1/explain'));
});

test.each([
  ['POST /v1/ocas/{ocaId}/certificate', '/v1/ocas/metro-1/certificate', own],
  ['POST /v1/operators/{name}/certificate', '/v1/operators/sam/certificate', operator],
])('%s is as described, also where it refuses', async (key, target, options) => {
  const { csr } = await makeClientKey();
  const bodies = [{ csr }, { csr: 'none' }, 7];
  for (const body of bodies)
    expectConforming(key, await plane.certificates('POST', target, { ...options, body }));
  expectConforming(key, await plane.certificates('POST', target, { body: { csr } }));
  expectConforming(key, await plane.certificates('POST', target, { as: 'metro-2', body: { csr } }));
});

const enrolmentWiring = () => ({
  ...plane.wiring,
  environment: {
    ...plane.wiring.environment,
    ACCOUNT_ID: '111122223333',
    OCA_ROLE_PREFIX: 'test-oca-',
  },
});

test('an enrolment is as described, also where it refuses', async () => {
  const enrolment = createEnrolment(enrolmentWiring());
  const arnOf = (siteId: string) =>
    `arn:aws:sts::111122223333:assumed-role/test-oca-${siteId}/i-0123456789abcdef0`;
  const { csr } = await makeClientKey();
  const asks = [
    [arnOf('isp-metro'), { csr }],
    [arnOf('isp-metro'), { csr: 'none' }],
    [arnOf('nowhere'), { csr }],
    ['arn:aws:iam::111122223333:user/sam', { csr }],
    [undefined, { csr }],
  ] as const;
  const statuses = [];
  for (const [userArn, body] of asks) {
    const {
      statusCode,
      headers,
      body: text,
    } = await enrolment({
      rawPath: '/v1/enrolments',
      rawQueryString: '',
      headers: {},
      isBase64Encoded: false,
      body: JSON.stringify(body),
      requestContext: {
        http: { method: 'POST', sourceIp: '203.0.113.9' },
        ...(userArn && { authorizer: { iam: { userArn } } }),
      },
    });
    statuses.push(statusCode);
    const answer = { status: statusCode, headers, text, json: JSON.parse(text) };
    expectConforming('POST /v1/enrolments', answer);
  }
  expect(statuses).toEqual([201, 400, 404, 403, 401]);
});

test('a withdrawal is as described', async () => {
  const key = 'DELETE /v1/titles/{titleId}';
  expectConforming(key, await plane.control('DELETE', '/v1/titles/city', operator));
  expectConforming(key, await plane.control('DELETE', '/v1/titles/city', operator));
});
