import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FleetView, OcaView } from '#protocol/fleet-view.ts';
import type { RegistrationReceipt } from '#protocol/oca-registration.ts';
import type { ReportReceipt } from '#protocol/oca-report.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites, OCAS, registration, report } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  plane.events.length = 0;
});
afterEach(() => plane.stop());

const put = (ocaId: string, options: object) => plane.control('PUT', `/v1/ocas/${ocaId}`, options);
const own = { as: 'metro-1', body: registration('metro-1', 'isp-metro') };
const send = (overrides: object, as = 'metro-1') =>
  plane.control<ReportReceipt>('POST', '/v1/ocas/metro-1/reports', {
    as,
    body: report('metro-1', overrides),
  });
const view = async () => {
  const { json } = await plane.control<FleetView>('GET', '/v1/ocas', { as: OPERATOR });
  return json.ocas.find((oca) => oca.ocaId === 'metro-1');
};

test('nobody registers without the right credential', async () => {
  const attempts = [
    [put('metro-1', { body: own.body }), 401, 'credential-missing'],
    [put('metro-1', { ...own, as: 'metro-2' }), 403, 'forbidden'],
    [put('unknown-1', { ...own, as: 'unknown-1' }), 404, 'oca-not-found'],
    [put('unknown-1', { ...own, as: OPERATOR }), 404, 'oca-not-found'],
  ] as const;
  for (const [attempt, status, code] of attempts) {
    const answer = await attempt;
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  }
  expect(await view()).not.toHaveProperty('deliveryUrl');
});

test('a registration that is wrong tells every fault', async () => {
  const body = {
    ...own.body,
    deliveryUrl: 'metro',
    disks: [{ diskId: 'A', tier: 'tape', capacityBytes: -1 }],
  };
  const { status, json } = await put('metro-1', { ...own, body });
  expect([status, json.code]).toEqual([400, 'message-invalid']);
  for (const path of [
    'deliveryUrl',
    'disks[0].diskId',
    'disks[0].tier',
    'disks[0].capacityBytes',
  ]) {
    expect(json.detail).toContain(path);
  }
});

test('a registration for another OCA, another site, or that is too large is refused', async () => {
  for (const overrides of [{ ocaId: 'metro-2' }, { siteId: 'ixp-exchange' }]) {
    const answer = await put('metro-1', { ...own, body: { ...own.body, ...overrides } });
    expect([answer.status, answer.json.code]).toEqual([400, 'message-invalid']);
  }
  const large = await put('metro-1', { ...own, body: `"${'x'.repeat(70_000)}"` });
  expect([large.status, large.json.code]).toEqual([413, 'message-too-large']);
  expect((await put('metro-1', { ...own, body: '{' })).json.detail).toContain('expected JSON');
});

test('an OCA that registers learns what it needs, and a plan is asked for its site', async () => {
  const { status, json } = await plane.control<RegistrationReceipt>('PUT', '/v1/ocas/metro-1', own);
  expect(status).toBe(200);
  expect(json).toEqual({
    desiredState: 'in-service',
    reportIntervalSeconds: 2,
    planPollSeconds: 5,
    cloudFrontUrl: 'https://cf-edge.test',
    tokenIssuer: 'https://play.test',
  });
  expect(plane.events).toEqual([
    { 'detail-type': 'Fill Plan Requested', detail: { window: 'now', siteId: 'isp-metro' } },
  ]);
});

test('an OCA that starts again asks for no plan while its own is in force, unless its disks changed', async () => {
  await put('metro-1', own);
  await plane.planner({ 'detail-type': 'Fill Plan Requested', detail: { window: 'now' } });
  plane.events.length = 0;
  const again = { ...own, body: { ...own.body, bootId: 'boot-0002' } };
  await put('metro-1', again);
  expect(plane.events).toEqual([]);
  await put('metro-1', { ...own, body: { ...again.body, disks: own.body.disks.slice(1) } });
  expect(plane.events).toHaveLength(1);
  plane.clock.advance(73 * 3_600_000);
  await put('metro-1', { ...own, body: { ...again.body, disks: own.body.disks.slice(1) } });
  expect(plane.events).toHaveLength(2);
});

test('an OCA that was declared a moment ago may register at once', async () => {
  await put('metro-1', own);
  const site = {
    siteId: 'new',
    name: 'New',
    kind: 'mec',
    location: { latitude: 0, longitude: 0 },
    timeZone: 'Etc/UTC',
    footprint: [],
    fill: { windowStart: '02:00', windowEnd: '14:00', ocaBitsPerSecond: 1, siteBitsPerSecond: 1 },
  };
  await plane.control('PUT', '/v1/sites/new', {
    as: OPERATOR,
    body: { ...site, ocas: [{ ocaId: 'new-1' }] },
  });
  expect((await put('new-1', { as: 'new-1', body: registration('new-1', 'new') })).status).toBe(
    200,
  );
});

test('a report of an OCA that never registered asks it to', async () => {
  const answer = await plane.control('POST', '/v1/ocas/metro-1/reports', {
    as: 'metro-1',
    body: report('metro-1'),
  });
  expect([answer.status, answer.json.code]).toEqual([404, 'oca-not-found']);
  expect(answer.json.detail).toContain('PUT /v1/ocas/metro-1');
});

test('a report for another OCA is refused', async () => {
  await put('metro-1', own);
  const body = report('metro-2');
  const answer = await plane.control('POST', '/v1/ocas/metro-1/reports', {
    as: 'metro-1',
    body,
  });
  expect(answer.json.code).toBe('message-invalid');
});

test('a report is seen at once, and a drain rings back with the next one', async () => {
  await put('metro-1', own);
  expect((await send({ reasons: ['disk hdd-b has failed'] })).json).toEqual({
    desiredState: 'in-service',
    revokedSessionsRevision: 0,
    newestPurgeId: 0,
  });
  expect(await view()).toMatchObject({
    state: 'in-service',
    reasons: ['disk hdd-b has failed'],
    reportedAt: plane.clock.now(),
    deliveryUrl: 'https://metro-1.oca.test',
    report: { sequence: 1 },
  });
  await plane.control('POST', '/v1/ocas/metro-1/drain', { as: OPERATOR });
  expect((await send({ sequence: 2 })).json.desiredState).toBe('draining');
});

test('the version of a new plan rings the doorbell', async () => {
  await put('metro-1', own);
  await plane.planner({ 'detail-type': 'Fill Plan Requested', detail: { window: 'now' } });
  expect((await send({})).json.planVersion).toBe(plane.clock.now());
});

test('a report that comes late changes nothing', async () => {
  await put('metro-1', own);
  await send({ sequence: 5, sentAt: 1_800_000_010_000, state: 'draining' });
  for (const late of [
    { sequence: 4 },
    { sequence: 5 },
    { sequence: 9, bootId: 'boot-0000', sentAt: 1_800_000_009_999 },
  ]) {
    expect((await send({ sentAt: 1_800_000_020_000, ...late })).status).toBe(200);
    expect(await view()).toMatchObject({ state: 'draining', report: { sequence: 5 } });
  }
  await send({ sequence: 1, bootId: 'boot-0002', sentAt: 1_800_000_010_001 });
  expect(await view()).toMatchObject({ state: 'in-service', report: { bootId: 'boot-0002' } });
});

test('the fleet view is the operator’s, and shows OCAs that were never heard of', async () => {
  expect((await plane.control('GET', '/v1/ocas', { as: 'metro-1' })).status).toBe(403);
  const { json } = await plane.control<FleetView>('GET', '/v1/ocas', { as: OPERATOR });
  expect(json.ocas.map((oca) => oca.ocaId)).toEqual(OCAS.map((oca) => oca.ocaId));
  expect(json.ocas[2]).toEqual({
    ocaId: 'exchange-1',
    siteId: 'ixp-exchange',
    siteName: 'Exchange',
    siteKind: 'ixp',
    desiredState: 'in-service',
    state: 'out-of-service',
    reasons: ['it has not reported yet'],
  });
});

test('only an operator drains, and takes it back', async () => {
  await put('metro-1', own);
  await send({});
  const drain = (options: object) =>
    plane.control<OcaView>('POST', '/v1/ocas/metro-1/drain', options);
  expect((await drain({ as: 'metro-1' })).status).toBe(403);
  expect((await drain({ as: OPERATOR, body: { draining: 'yes' } })).status).toBe(400);
  expect((await drain({ as: OPERATOR })).json).toMatchObject({
    desiredState: 'draining',
    state: 'draining',
  });
  expect((await drain({ as: OPERATOR, body: { draining: false } })).json).toMatchObject({
    desiredState: 'in-service',
    state: 'in-service',
  });
  expect((await plane.control('POST', '/v1/ocas/absent/drain', { as: OPERATOR })).json.code).toBe(
    'oca-not-found',
  );
});
