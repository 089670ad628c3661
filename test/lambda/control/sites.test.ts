import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Site } from '#protocol/site.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites, SITES } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.stop());

const [METRO] = SITES;
const put = (body: unknown, siteId = 'isp-metro') =>
  plane.control('PUT', `/v1/sites/${siteId}`, { as: OPERATOR, body });

test('sites are the operator’s', async () => {
  await declareSites(plane);
  for (const [method, path] of [
    ['GET', '/v1/sites'],
    ['GET', '/v1/sites/isp-metro'],
    ['PUT', '/v1/sites/isp-metro'],
    ['POST', '/v1/plans'],
    ['GET', '/v1/titles/city'],
    ['DELETE', '/v1/titles/city'],
  ] as const) {
    expect((await plane.control(method, path)).json.code).toBe('credential-missing');
    expect((await plane.control(method, path, { as: 'metro-1' })).json.code).toBe('forbidden');
  }
});

test('a site with wrong prefixes, zone and OCAs tells every fault and changes nothing', async () => {
  await declareSites(plane);
  const [declared] = METRO.ocas;
  const { status, json } = await put({
    ...METRO,
    footprint: ['198.51.100.0/24', '198.51.100.7/24', 'everybody'],
    timeZone: 'Europe/Atlantis',
    ocas: [declared, declared, { ...declared, ocaId: 'exchange-1' }],
  });
  expect([status, json.code]).toEqual([400, 'message-invalid']);
  for (const path of [
    'footprint[1]',
    'footprint[2]',
    'timeZone',
    'ocas[1].ocaId',
    'ocas[2].ocaId',
  ]) {
    expect(json.detail).toContain(path);
  }
  expect(json.detail).not.toContain('footprint[0]');
  const { json: stored } = await plane.control<Site>('GET', '/v1/sites/isp-metro', {
    as: OPERATOR,
  });
  expect(stored).toEqual(METRO);
});

test('a site of another name, of a wrong shape, or too large is refused', async () => {
  expect((await put({ ...METRO, siteId: 'other' })).json.code).toBe('message-invalid');
  expect((await put({ siteId: 'isp-metro' })).json.detail).toContain('footprint');
  expect((await put('x'.repeat(300_000))).status).toBe(413);
});

test('a declared site is read back, alone and among all', async () => {
  await declareSites(plane);
  const one = await plane.control<Site>('GET', '/v1/sites/ixp-exchange', { as: OPERATOR });
  expect(one.json).toEqual(SITES[1]);
  const all = await plane.control<{ sites: Site[] }>('GET', '/v1/sites', { as: OPERATOR });
  expect(all.json.sites).toEqual(SITES);
  expect((await plane.control('GET', '/v1/sites/absent', { as: OPERATOR })).json.code).toBe(
    'site-not-found',
  );
});

test('a declaration is replaced by the next one', async () => {
  await put(METRO);
  await put({ ...METRO, name: 'Renamed' });
  const { json } = await plane.control<Site>('GET', '/v1/sites/isp-metro', { as: OPERATOR });
  expect(json.name).toBe('Renamed');
});

test('plans are asked for on the bus', async () => {
  const answer = await plane.control('POST', '/v1/plans', {
    as: OPERATOR,
    body: { window: 'next' },
  });
  expect([answer.status, answer.json]).toEqual([202, { window: 'next' }]);
  expect(plane.events).toEqual([
    { 'detail-type': 'Fill Plan Requested', detail: { window: 'next' } },
  ]);
  const wrong = await plane.control('POST', '/v1/plans', {
    as: OPERATOR,
    body: { window: 'soon' },
  });
  expect(wrong.json.code).toBe('message-invalid');
});

test('OCAs that enrolled themselves stay when the operator declares the site anew, unless named otherwise', async () => {
  const enrolled = { ocaId: 'i-0123456789abcdef0', enrolledFrom: 'ec2' };
  await put({ ...METRO, ocas: [...METRO.ocas, enrolled] });
  expect((await put({ ...METRO, name: 'Renamed' })).json).toMatchObject({
    name: 'Renamed',
    ocas: [...METRO.ocas, enrolled],
  });
  expect((await put({ ...METRO, ocas: [{ ocaId: enrolled.ocaId }] })).json).toMatchObject({
    ocas: [{ ocaId: enrolled.ocaId }],
  });
  expect((await put(METRO)).json).toMatchObject({ ocas: METRO.ocas });
});

test('public keys, and nothing else of them, are for everybody with a certificate', async () => {
  expect((await plane.control('GET', '/v1/keys')).json.code).toBe('credential-missing');
  const { json, text } = await plane.control<{ keys: { kid: string; purpose: string }[] }>(
    'GET',
    '/v1/keys',
    { as: 'metro-1' },
  );
  expect(json.keys.map(({ kid, purpose }) => [kid, purpose])).toEqual([
    ['session-1', 'session-token'],
    ['plan-1', 'fill-plan'],
  ]);
  expect(text).not.toContain('"d"');
});

test('a path that leads nowhere, and a method that does not belong, are told', async () => {
  expect((await plane.control('GET', '/v1/nothing')).json.code).toBe('not-found');
  expect((await plane.control('GET', '/v1/sites/')).json.code).toBe('not-found');
  const answer = await plane.control('DELETE', '/v1/sites/isp-metro');
  expect([answer.status, answer.headers.Allow]).toEqual([405, 'GET, PUT']);
});
