import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FillPlan } from '#protocol/fill-plan.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import {
  declareSites,
  OCAS,
  publish,
  register,
  registration,
  report,
  SITES,
} from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
});
afterEach(() => plane.stop());

const requested = (detail: object) =>
  plane.planner({ 'detail-type': 'Fill Plan Requested', detail });
const PLANNING_EVENTS = ['Fill Plan Requested', 'Title Published'];
/** What EventBridge would do with all that is on the bus and concerns the planning. */
const deliverEvents = async () => {
  for (const event of plane.events.splice(0)) {
    if (PLANNING_EVENTS.includes(event['detail-type'])) await plane.planner(event);
  }
};
const planOf = async (ocaId: string): Promise<FillPlan> => {
  const options = { as: OPERATOR };
  const { json } = await plane.control<{ payload: string }>(
    'GET',
    `/v1/ocas/${ocaId}/plan`,
    options,
  );
  return JSON.parse(Buffer.from(json.payload, 'base64').toString());
};
const files = (plan: FillPlan) => plan.items.map((item) => item.file);

test('a batch that is none of ours is refused', async () => {
  const order = { window: 'now', isForced: false };
  for (const batch of [{}, { siteIds: ['Metro!'], order }, { siteIds: [], order: 'now' }])
    await expect(plane.planBatch(batch)).rejects.toMatchObject({ code: 'message-invalid' });
});

test('a site that cannot be planned keeps no other from its plan, and is told of', async () => {
  await publish(plane);
  await register(plane);
  const [metro, exchange] = SITES;
  // What no door lets in, as if the record had been damaged.
  const document = JSON.stringify({ ...metro, timeZone: 'Moon/Tranquility' });
  await plane.dynamoDb.send(
    new PutCommand({ TableName: 'fleet', Item: { pk: 'sites', sk: metro.siteId, document } }),
  );
  const order = { window: 'next', isForced: false };
  const siteIds = [metro.siteId, exchange.siteId];
  await expect(plane.planBatch({ siteIds, order })).rejects.toThrow(
    '1 of 2 sites were not planned: isp-metro',
  );
  expect((await planOf('exchange-1')).items).toHaveLength(5);
  expect(plane.logged).toContainEqual({
    level: 'error',
    event: 'site.not-planned',
    facts: expect.objectContaining({ siteId: 'isp-metro' }),
  });
});

test('a site that was withdrawn meanwhile is no failure', async () => {
  const order = { window: 'now', isForced: false };
  expect(await plane.planBatch({ siteIds: ['isp-gone'], order })).toEqual({ planned: 0 });
});

test('with nobody registered there is nothing to plan', async () => {
  await publish(plane);
  await requested({ window: 'now' });
  const answer = await plane.control('GET', '/v1/ocas/metro-1/plan', { as: OPERATOR });
  expect(answer.json.code).toBe('plan-not-found');
});

test('a title that is published before any OCA is planned when they register', async () => {
  await publish(plane);
  await deliverEvents();
  await register(plane);
  await deliverEvents();
  for (const { ocaId } of OCAS) expect((await planOf(ocaId)).items).toHaveLength(5);
});

test('OCAs that register before any title get an empty plan, and a full one when it is published', async () => {
  await register(plane);
  await deliverEvents();
  const before = await planOf('metro-1');
  expect(before.items).toEqual([]);
  await publish(plane);
  await deliverEvents();
  const after = await planOf('metro-1');
  expect(after.items).toHaveLength(5);
  expect(after.planVersion).toBeGreaterThan(before.planVersion);
});

test('a plan for now is open at once, for as long as it lives', async () => {
  await register(plane);
  await requested({ window: 'now' });
  const { issuedAt, expiresAt, window } = await planOf('metro-1');
  expect(issuedAt).toBe(plane.clock.now());
  expect(expiresAt - issuedAt).toBe(72 * 3_600_000);
  expect(window).toEqual({ startsAt: issuedAt, endsAt: expiresAt });
});

test('the nightly plan is for the site’s own window', async () => {
  await register(plane);
  await plane.planner({ window: 'next' });
  const { window, expiresAt } = await planOf('metro-1');
  // 1 800 000 000 is 2027-01-15, 08:00 UTC: inside Berlin's 02:00 to 14:00.
  expect(new Date(window.startsAt).toISOString()).toBe('2027-01-15T01:00:00.000Z');
  expect(new Date(window.endsAt).toISOString()).toBe('2027-01-15T13:00:00.000Z');
  expect(expiresAt).toBeGreaterThan(window.endsAt);
});

test('files are fetched in the order of their value, manifests first', async () => {
  await publish(plane);
  await register(plane);
  await requested({ window: 'now' });
  const plan = await planOf('exchange-1');
  expect(files(plan)).toEqual([
    'audio.mp4',
    'main.m3u8',
    'manifest.mpd',
    'video-404p.mp4',
    'video-180p.mp4',
  ]);
  const priorities = plan.items.map((item) => item.priority);
  expect(priorities).toEqual(priorities.toSorted((one, other) => other - one));
  expect(plan.items.every((item) => item.tier === 'flash')).toBe(true);
});

test('an operator who asks for now gets a new version, though nothing changed', async () => {
  await register(plane);
  const versions = [];
  for (let run = 0; run < 3; run += 1) {
    await requested({ window: 'now' });
    versions.push((await planOf('metro-1')).planVersion);
  }
  expect(versions).toEqual([0, 1, 2].map((run) => plane.clock.now() + run));
});

test('whoever else asks leaves a plan alone that still says the same', async () => {
  await publish(plane);
  await register(plane);
  await requested({ window: 'now' });
  const before = await planOf('metro-1');
  plane.clock.advance(3_600_000);
  await requested({ window: 'now', siteId: 'isp-metro' });
  await plane.planner({ 'detail-type': 'Title Published', detail: { titleId: 'city' } });
  await plane.planner({ window: 'next' });
  expect(await planOf('metro-1')).toEqual(before);
});

test('a plan past half its life is renewed', async () => {
  await register(plane);
  await requested({ window: 'now' });
  const before = await planOf('metro-1');
  plane.clock.advance(37 * 3_600_000);
  await plane.planner({ window: 'next' });
  expect((await planOf('metro-1')).expiresAt).toBeGreaterThan(before.expiresAt);
});

test('a plan for one site leaves the others alone', async () => {
  await register(plane);
  await requested({ window: 'now', siteId: 'ixp-exchange' });
  expect((await planOf('exchange-1')).planVersion).toBeGreaterThan(0);
  const other = await plane.control('GET', '/v1/ocas/metro-1/plan', { as: OPERATOR });
  expect(other.json.code).toBe('plan-not-found');
});

test.each(['failed', 'read-only'])('a disk that is %s is given nothing', async (state) => {
  await publish(plane);
  await register(plane);
  const disk = {
    diskId: 'flash-a',
    tier: 'flash',
    state,
    capacityBytes: 0,
    usedBytes: 0,
  };
  const body = report('metro-1', { disks: [disk] });
  await plane.control('POST', '/v1/ocas/metro-1/reports', { as: 'metro-1', body });
  await requested({ window: 'now' });
  expect(new Set((await planOf('metro-1')).items.map((item) => item.tier))).toEqual(
    new Set(['hdd']),
  );
  expect(new Set((await planOf('metro-2')).items.map((item) => item.tier))).toEqual(
    new Set(['flash']),
  );
});

test('what has no room is left out, and the rest is planned', async () => {
  await publish(plane);
  const disks = [{ diskId: 'flash-a', tier: 'flash', capacityBytes: 2_660_000 }];
  const body = registration('metro-1', 'isp-metro', { disks });
  await plane.control('PUT', '/v1/ocas/metro-1', { as: 'metro-1', body });
  await deliverEvents();
  expect(files(await planOf('metro-1'))).toEqual([
    'audio.mp4',
    'main.m3u8',
    'manifest.mpd',
    'video-180p.mp4',
  ]);
});

test('planners that run at once all get through, and the plan in force is the newest', async () => {
  await publish(plane);
  await register(plane);
  await Promise.all(Array.from({ length: 4 }, () => requested({ window: 'now' })));
  const written = plane.logged
    .filter((line) => line.event === 'plan.written')
    .map((line) => line.facts as FillPlan);
  for (const { ocaId } of OCAS) {
    const versions = written.filter((plan) => plan.ocaId === ocaId).map((plan) => plan.planVersion);
    expect(versions.length).toBeGreaterThanOrEqual(4);
    expect(new Set(versions).size).toBe(versions.length);
    const inForce = await planOf(ocaId);
    expect(inForce.planVersion).toBe(Math.max(...versions));
    expect(inForce.items).toHaveLength(5);
  }
});
