import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { phaseOf } from '#domain/health/traffic-ledger.ts';
import { seedFrom } from '#domain/random.ts';
import type { ReportReceipt } from '#protocol/oca-report.ts';
import { embeddedMetrics } from '../../../lambda/shared/metrics.ts';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { embeddedMetricFaults } from '../support/embedded-metrics.ts';
import { declareSites, register, report } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
let sequence: number;
beforeEach(async () => {
  await start();
});
afterEach(() => plane.stop());

/** At the beginning of metro-1's own minute. */
async function start(overrides = {}) {
  plane = await startControlPlane(overrides);
  await declareSites(plane);
  await register(plane);
  sequence = 0;
  const phase = phaseOf(seedFrom('metro-1'));
  plane.clock.advance(60_000 - ((plane.clock.now() + phase) % 60_000));
}

const counted = (requests: number, more: object = {}) => ({
  requests,
  hits: requests - 10,
  misses: 8,
  refusals: 2,
  failures: 0,
  hitBytes: requests * 1000,
  missBytes: 500,
  ...more,
});

/** A report of metro-1 that long after the one before it. */
async function beat(seconds: number, overrides: object = {}) {
  plane.clock.advance(seconds * 1000);
  sequence += 1;
  const body = report('metro-1', { sequence, sentAt: plane.clock.now(), ...overrides });
  return plane.control<ReportReceipt>('POST', '/v1/ocas/metro-1/reports', {
    as: 'metro-1',
    body,
  });
}

test('what an OCA delivered in a minute becomes metrics of deployment, site and OCA', async () => {
  const load = { egressBitsPerSecond: 0, connections: 0, egressCapacityBitsPerSecond: 1_000_000 };
  await beat(0, { delivery: counted(0, { hits: 0, misses: 0, refusals: 0, missBytes: 0 }) });
  await beat(30, { delivery: counted(50) });
  expect(plane.measured).toEqual([]);
  const { json } = await beat(30, {
    load,
    delivery: counted(100, { clientErrors: 1, serverErrors: 3 }),
    originFirstByteMs: [12, 40],
  });
  expect(json.isSampleTaken).toBe(true);
  expect(plane.measured).toEqual([
    {
      at: plane.clock.now(),
      dimensions: { Deployment: 'test', Site: 'isp-metro', Oca: 'metro-1' },
      values: {
        BytesDownloaded: 100_500,
        Requests: 100,
        CacheHits: 90,
        CacheMisses: 8,
        CacheHitRate: expect.closeTo((100 * 90) / 98),
        OriginLatency: [12, 40],
        ClientErrors: 1,
        ServerErrors: 3,
        EgressUtilization: expect.closeTo((100 * ((100_500 * 8) / 60)) / 1_000_000),
        Heartbeats: 1,
      },
      facts: { event: 'traffic.told', ocaId: 'metro-1', intervalMs: 60_000 },
    },
  ]);
});

test('each line is valid, and there is one a minute, however often the OCA reports', async () => {
  for (let tenth = 0; tenth < 14; tenth += 1)
    await beat(10, { delivery: counted(10 * sequence + 10) });
  expect(plane.measured).toHaveLength(2);
  for (const measurement of plane.measured)
    expect(embeddedMetricFaults(JSON.stringify(embeddedMetrics('Ns', measurement)))).toEqual([]);
  expect(plane.measured.map(({ values }) => values.Requests)).toEqual([60, 60]);
});

test('what is not known is no metric: no capacity, no requests, no samples', async () => {
  await beat(0);
  const { json } = await beat(60);
  expect(json.isSampleTaken).toBe(true);
  const [{ values } = { values: {} }] = plane.measured;
  expect(values).not.toHaveProperty('EgressUtilization');
  expect(values).not.toHaveProperty('CacheHitRate');
  expect(values).toMatchObject({ Requests: 0, OriginLatency: [], Heartbeats: 1 });
});

test('an agent that does not tell its errors by status is counted by refusals and failures', async () => {
  await beat(0, { delivery: counted(0, { hits: 0, refusals: 0 }) });
  await beat(60, { delivery: counted(10, { refusals: 4, failures: 2 }) });
  expect(plane.measured[0]?.values).toMatchObject({ ClientErrors: 4, ServerErrors: 2 });
});

test('a report that comes late tells nothing', async () => {
  await beat(0);
  await beat(60);
  const late = report('metro-1', { sequence: 1, delivery: counted(1000) });
  plane.clock.advance(60_000);
  const { json } = await plane.control<ReportReceipt>('POST', '/v1/ocas/metro-1/reports', {
    as: 'metro-1',
    body: late,
  });
  expect(json).not.toHaveProperty('isSampleTaken');
  expect(plane.measured).toHaveLength(1);
});

test('a new boot is counted from its start, and the tail of the one before is not lost', async () => {
  await beat(0, { delivery: counted(100) });
  await beat(10, { delivery: counted(130) });
  sequence = 0;
  await beat(10, { bootId: 'boot-0002', delivery: counted(20) });
  await beat(40, { bootId: 'boot-0002', delivery: counted(25) });
  expect(plane.measured.map(({ values }) => values.Requests)).toEqual([130 + 25]);
});

test('two reports at once tell the traffic once', async () => {
  await beat(0, { delivery: counted(0, { hits: 0 }) });
  await Promise.all([beat(30, { delivery: counted(10) }), beat(30, { delivery: counted(20) })]);
  await beat(60, { delivery: counted(30) });
  const total = plane.measured.reduce((sum, { values }) => sum + Number(values.Requests), 0);
  expect(total).toBe(30);
});

test('without metrics per OCA only the site’s are told', async () => {
  await plane.stop();
  await start({ METRICS_PER_OCA: 'false' });
  await beat(0);
  await beat(60);
  expect(plane.measured[0]?.dimensions).toEqual({ Deployment: 'test', Site: 'isp-metro' });
});
