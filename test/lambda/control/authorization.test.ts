import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { certificateRoutes } from '../../../lambda/certificates/create-certificates.ts';
import { controlContext } from '../../../lambda/control/context.ts';
import { controlRoutes } from '../../../lambda/control/create-control.ts';
import type { HttpRequest } from '../../../lambda/shared/http.ts';
import type { Route } from '../../../lambda/shared/http-handler.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  SERIAL,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites } from '../support/fleet.ts';

/** What an OCA may ask: these of its own paths, and what is said to all. */
const OCAS_MAY = new Set([
  'GET /v1/keys',
  'GET /v1/revoked-sessions',
  'GET /v1/purges',
  'PUT /v1/ocas/{ocaId}',
  'POST /v1/ocas/{ocaId}/reports',
  'PUT /v1/ocas/{ocaId}/inventory',
  'GET /v1/ocas/{ocaId}/plan',
  'POST /v1/ocas/{ocaId}/sources',
  'POST /v1/ocas/{ocaId}/certificate',
]);
const PARAMETERS = {
  ocaId: 'metro-1',
  siteId: 'isp-metro',
  titleId: 'city',
  serial: 'ab',
  sessionId: 'session-1',
  purgeId: '1',
  name: 'x',
};

let plane: ControlPlaneUnderTest;
let routes: readonly Route[];
beforeAll(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  routes = [...controlRoutes(controlContext(plane.wiring)), ...certificateRoutes(plane.wiring)];
});
afterAll(() => plane.stop());

/** The code with which a request that has nothing in its body is refused, or `done`. */
async function verdict(route: Route, authorizerContext: unknown): Promise<string> {
  const request: HttpRequest = {
    method: route.method,
    path: route.path,
    parameters: PARAMETERS,
    query: new URLSearchParams(),
    headers: {},
    body: '',
    clientAddress: '203.0.113.9',
    authorizerContext,
  };
  return route.answer(request).then(
    () => 'done',
    ({ code }) => String(code),
  );
}

const keyOf = ({ method, path }: Route) => `${method} ${path}`;
const verdicts = async (context: unknown) =>
  new Map(
    await Promise.all(
      routes.map(async (route) => [keyOf(route), await verdict(route, context)] as const),
    ),
  );

const nobody: [string, unknown][] = [
  ['none', undefined],
  ['null', null],
  ['text', 'operator'],
  ['one without a name', { role: 'operator', serial: SERIAL }],
  ['one without a serial', { role: 'operator', name: 'sam' }],
  ['a role that nobody knows', { role: 'root', name: 'sam', serial: SERIAL }],
  ['a name that cannot be', { role: 'operator', name: 'sam:x', serial: SERIAL }],
  ['an OCA of the name cloudfront', { role: 'oca', name: 'cloudfront', serial: SERIAL }],
];
test.each(nobody)(
  'no route answers a request with this word of an authorizer: %s',
  async (_, context) => {
    expect(new Set((await verdicts(context)).values())).toEqual(new Set(['credential-missing']));
  },
);

test('an OCA may ask what is its own, and nothing else', async () => {
  const own = await verdicts({ role: 'oca', name: 'metro-1', serial: SERIAL });
  const opened = [...own].filter(([, code]) => code !== 'forbidden').map(([key]) => key);
  expect(new Set(opened)).toEqual(OCAS_MAY);
  expect([...own.values()]).not.toContain('credential-missing');
});

test('another OCA may not, and an operator called like the OCA is an operator', async () => {
  const other = await verdicts({ role: 'oca', name: 'metro-2', serial: SERIAL });
  const opened = [...other].filter(([, code]) => code !== 'forbidden').map(([key]) => key);
  expect(opened).toEqual(['GET /v1/keys', 'GET /v1/revoked-sessions', 'GET /v1/purges']);
  const operator = await verdicts({ role: 'operator', name: 'metro-1', serial: SERIAL });
  expect([...operator.values()]).not.toContain('forbidden');
});

test('denied certificates are listed with their reasons until they are allowed again', async () => {
  const as = OPERATOR;
  plane.logged.splice(0);
  const put = (serial: string, body: unknown) =>
    plane.control('PUT', `/v1/denied-certificates/${serial}`, { as, body });
  expect((await put('0A', { reason: 'lost' })).json.code).toBe('request-invalid');
  expect((await put('ab', { reason: ' ' })).json.code).toBe('message-invalid');
  expect((await put(SERIAL, { reason: 'mine' })).json.code).toBe('forbidden');
  const denied = { serial: 'ab', reason: 'lost', deniedAt: plane.clock.now() };
  expect(await put('ab', { reason: 'lost' })).toMatchObject({ status: 200, json: denied });
  const list = () => plane.control('GET', '/v1/denied-certificates', { as });
  expect((await list()).json).toEqual({ certificates: [denied] });
  const remove = () => plane.control('DELETE', '/v1/denied-certificates/ab', { as });
  expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
  expect((await list()).json).toEqual({ certificates: [] });
  expect(plane.logged.map(({ event }) => event)).toEqual([
    'certificate.denied',
    'certificate.allowed',
    'certificate.allowed',
  ]);
});
