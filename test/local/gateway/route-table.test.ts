import { expect, test } from '@jest/globals';
import type { HttpRoute } from '../../../local/cloud-assembly/http-routes.ts';
import { RouteTable } from '../../../local/gateway/route-table.ts';
import { stackOf } from '../cloud-assembly/assembly-fixture.ts';

const stack = stackOf({});
const route = (routeKey: string): HttpRoute => ({
  routeKey,
  stack,
  functionId: routeKey,
  timeoutMs: 1000,
});
const table = new RouteTable(
  [
    'GET /v1/{proxy+}',
    'ANY /v1/titles/{titleId}',
    'GET /v1/titles/{titleId}',
    'GET /v1/titles/latest',
    'PUT /v1/ocas/{ocaId}',
  ].map(route),
);

const nowhere: [method: string, path: string][] = [
  ['GET', '/'],
  ['GET', '/v1'],
  ['DELETE', '/v1/ocas/metro-1'],
  ['PUT', '/v1/ocas/'],
  ['PUT', '/v1/ocas/metro-1/plan'],
];
test.each(nowhere)('%s %s has no route', (method, path) => {
  expect(table.match(method, path)).toBeUndefined();
});

const routed: [method: string, path: string, routeKey: string, parameters: object][] = [
  ['GET', '/v1/titles/latest', 'GET /v1/titles/latest', {}],
  ['GET', '/v1/titles/a%20b', 'GET /v1/titles/{titleId}', { titleId: 'a b' }],
  ['GET', '/v1/titles/a%', 'GET /v1/titles/{titleId}', { titleId: 'a%' }],
  ['PATCH', '/v1/titles/a', 'ANY /v1/titles/{titleId}', { titleId: 'a' }],
  ['GET', '/v1/else/deep', 'GET /v1/{proxy+}', { proxy: 'else/deep' }],
  ['PUT', '/v1/ocas/metro-1', 'PUT /v1/ocas/{ocaId}', { ocaId: 'metro-1' }],
];
test.each(routed)('%s %s goes to %s', (method, path, routeKey, pathParameters) => {
  expect(table.match(method, path)).toMatchObject({ route: { routeKey }, pathParameters });
});

test('a path is known when any method has a route there', () => {
  expect(table.hasPath('/v1/ocas/metro-1')).toBe(true);
  expect(table.hasPath('/index.html')).toBe(false);
});
