import { afterEach, expect, test } from '@jest/globals';
import { seededBytes } from '../fixtures/bytes.ts';
import { openPlan, planItem } from '../fixtures/plans.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

let site: TestSite;
afterEach(() => site.stop());

test('an agent registers, fetches keys, reports in sequence and sends its inventory, all as the protocol has it', async () => {
  site = await TestSite.start();
  await until(() => site.control.reports.length >= 2, 'a second report');
  expect(site.control.calls.slice(0, 2)).toEqual(['PUT register', 'GET /v1/keys']);
  expect(site.control.registrations[0]).toMatchObject({
    ocaId: 'test-oca',
    siteId: 'test-site',
    softwareVersion: 'test',
    disks: [{ diskId: 'flash-1' }, { diskId: 'flash-2' }, { diskId: 'hdd-1' }, { diskId: 'hdd-2' }],
  });
  expect(site.control.reports.map(({ sequence }) => sequence).slice(0, 2)).toEqual([1, 2]);
  expect(site.control.inventories).toHaveLength(1);
  expect(site.control.faults).toEqual([]);
});

test('the inventory is sent again exactly when what is held has changed', async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', seededBytes(1, 1000));
  await site.store('title-1', 'video.mp4');
  await until(() => site.control.inventories.length === 2, 'the second inventory');
  const reports = site.control.reports.length;
  await until(() => site.control.reports.length > reports + 1, 'another report');
  expect(site.control.inventories).toHaveLength(2);
  expect(site.control.lastReport?.inventoryDigest).toBe(site.control.inventories[1]?.digest);
});

test('a control plane that forgot the agent is registered with again', async () => {
  site = await TestSite.start();
  site.control.isUnknown = true;
  await until(() => site.events('control.link.lost').length === 1, 'the agent to notice');
  site.control.isUnknown = false;
  await until(() => site.control.registrations.length === 2, 'the second registration');
  await until(() => site.events('control.link.restored').length === 1, 'reports to go on');
});

test('a control plane that comes back is registered with again', async () => {
  site = await TestSite.start();
  site.control.isDown = true;
  await until(() => site.events('control.link.lost').length === 1, 'the agent to notice');
  site.control.isDown = false;
  await until(() => site.control.registrations.length === 2, 'the second registration');
});

test('a refused credential is logged once, however often it is tried', async () => {
  site = await TestSite.build({ config: {} });
  site.control.isUnknown = true;
  await site.startAgent();
  await until(() => site.control.calls.length >= 3, 'some tries');
  expect(site.events('control.link.lost')).toEqual([
    { code: 'oca-not-found', message: 'control plane answered 404' },
  ]);
  expect((await site.get('/health')).status).toBe(503);
});

test('an agent that starts while the control plane is away serves with the keys and plan of before', async () => {
  site = await TestSite.start({ config: { tokens: 'required' } });
  const content = seededBytes(2, 1000);
  site.cloudFront.put('title-1', 'video.mp4', content);
  const token = await site.control.token(['title-1']);
  const path = `/~${token}/content/title-1/video.mp4`;
  await until(async () => {
    await (await site.get(path)).arrayBuffer();
    return site.events('miss.fetch.stored').length > 0;
  }, 'the file to be stored');
  await site.plan(openPlan(3, [planItem('video.mp4', content)]));
  await until(async () => (await site.status()).fill.planVersion === 3, 'the plan');
  await site.stopAgent();
  site.control.isDown = true;
  await site.startAgent();
  const answer = await site.get(path);
  expect([answer.status, answer.headers.get('cache-status')]).toEqual([
    200,
    '"test-oca"; hit; detail=flash',
  ]);
  await answer.arrayBuffer();
  expect((await site.get('/health')).status).toBe(200);
  expect(await site.status()).toMatchObject({ isRegistered: false, fill: { planVersion: 3 } });
});

test('a plan version in the answer to a report is a doorbell: the plan is fetched before its poll is due', async () => {
  site = await TestSite.build();
  site.control.planPollSeconds = 3600;
  await site.startAgent();
  await until(() => site.control.reports.length, 'a report');
  await site.control.offerPlan(openPlan(1, []));
  await until(async () => (await site.status()).fill.planVersion === 1, 'the plan');
});

test('a local drain is reported at once, and survives a restart', async () => {
  site = await TestSite.start();
  await site.manage('/drain', { draining: true });
  await until(() => site.control.lastReport?.state === 'draining', 'the report');
  await site.stopAgent();
  await site.startAgent();
  expect(await site.status()).toMatchObject({
    state: 'draining',
    reasons: ['drained on the appliance'],
  });
});

test('an agent that stops says so in a last report', async () => {
  site = await TestSite.start();
  await site.stopAgent();
  expect(site.control.lastReport).toMatchObject({
    state: 'draining',
    reasons: ['the agent is stopping'],
  });
});
