import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { METRICS, type MetricName } from '#protocol/metrics-catalogue.ts';
import type { Site } from '#protocol/site.ts';
import { createFleetWatch } from '../../../lambda/fleet-watch/create-fleet-watch.ts';
import { declareEnrolled } from '../../../lambda/shared/enrolled-ocas.ts';
import { embeddedMetrics } from '../../../lambda/shared/metrics.ts';
import { certificateStore } from '../../../lambda/shared/stores/certificate-store.ts';
import { fleetStore } from '../../../lambda/shared/stores/fleet-store.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { embeddedMetricFaults } from '../support/embedded-metrics.ts';
import { declareSites, OCAS, register, registration, report, reportAll } from '../support/fleet.ts';

const DAY = 86_400_000;
const INSTANCE = 'i-0123456789abcdef0' as OcaId;
let plane: ControlPlaneUnderTest;
let sequence: number;

beforeEach(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  await register(plane);
  sequence = 1;
  await reportAll(plane, sequence);
});
afterEach(() => plane.stop());

/** One run: what it measured, by the dimension that the figures are of, and what it logged. */
async function watch() {
  plane.measured.length = 0;
  plane.logged.length = 0;
  await createFleetWatch({
    ...plane.wiring,
    environment: {
      FLEET_TABLE: 'fleet',
      HEALTH_TABLE: 'health',
      REPORT_LEASE_SECONDS: '6',
      CERTIFICATE_DAYS: '30',
      REQUESTS_PER_MINUTE_MIN: '100',
      DEPLOYMENT: 'test',
      METRICS_NAMESPACE: 'Test',
      EVENT_BUS_NAME: 'default',
    },
  })();
  const [fleet, ...sites] = plane.measured;
  return {
    fleet,
    sites,
    logged: plane.logged.map(({ event, facts }) => ({ event, ...(facts as object) })),
  };
}

const beat = (ocaIds: readonly string[] = OCAS.map(({ ocaId }) => ocaId)) => {
  sequence += 1;
  return reportAll(plane, sequence, ocaIds);
};

const tell = (ocaId: string, overrides: object) => {
  sequence += 1;
  const body = report(ocaId, { sequence, ...overrides });
  return plane.control('POST', `/v1/ocas/${ocaId}/reports`, { as: ocaId, body });
};

test('a fleet that is well has figures of the whole and of no site', async () => {
  const { fleet, sites, logged } = await watch();
  expect(fleet).toMatchObject({
    at: plane.clock.now(),
    dimensions: { Deployment: 'test' },
    values: {
      OcasWatched: 3,
      OcasSilent: 0,
      OcasOutOfService: 0,
      DisksFailed: 0,
      OcasFillBehind: 0,
    },
  });
  expect(sites).toEqual([]);
  expect(logged).toEqual([]);
});

test('a silent OCA is counted for the deployment and its site, and named with since when', async () => {
  const since = new Date(plane.clock.now()).toISOString();
  plane.clock.advance(121_000);
  await beat(['metro-1', 'exchange-1']);
  const { fleet, sites, logged } = await watch();
  expect(fleet?.values).toMatchObject({ OcasSilent: 1, OcasOutOfService: 1 });
  expect(sites).toMatchObject([
    { dimensions: { Site: 'isp-metro' }, values: { OcasSilent: 1, OcasOutOfService: 1 } },
  ]);
  expect(logged).toEqual([{ event: 'oca.silent', siteId: 'isp-metro', ocaId: 'metro-2', since }]);
});

test('a drained OCA may be silent', async () => {
  await plane.control('POST', '/v1/ocas/metro-2/drain', { as: OPERATOR });
  plane.clock.advance(121_000);
  await beat(['metro-1', 'exchange-1']);
  expect((await watch()).fleet?.values).toMatchObject({ OcasWatched: 2, OcasSilent: 0 });
});

test('disks that failed or take no more writes, and a fill that is behind are told and named', async () => {
  const disk = { diskId: 'hdd-a', tier: 'hdd', capacityBytes: 9, usedBytes: 0 };
  const fill = {
    ...{
      state: 'incomplete',
      assetsDone: 0,
      assetsTotal: 1,
      bytesDone: 1,
      bytesTotal: 8,
      fetched: [],
    },
    planVersion: plane.clock.now() - 2 * DAY,
  };
  // The window of the sites, 02:00 to 14:00 in Berlin, is over at 15:20 UTC.
  plane.clock.advance(7 * 3_600_000 + 20 * 60_000);
  await beat(['metro-1', 'exchange-1']);
  const disks = ['failed', 'read-only', 'slow', 'replaced'].map((state, index) => ({
    ...disk,
    diskId: `hdd-${index}`,
    state,
  }));
  await tell('metro-2', { disks, fill });
  const { fleet, logged } = await watch();
  expect(fleet?.values).toMatchObject({ DisksFailed: 2, OcasFillBehind: 1 });
  expect(logged).toMatchObject([
    { event: 'oca.disks-failed', ocaId: 'metro-2', disksFailed: 2 },
    { event: 'oca.fill-behind', ocaId: 'metro-2', bytesLeft: 7 },
  ]);
});

test('days left are those of the certificate that an OCA shows, else of the one that it was given', async () => {
  const certificates = certificateStore(plane.dynamoDb, 'fleet');
  const inDays = (days: number) => epochMs(plane.clock.now() + days * DAY);
  await certificates.noteIssued('metro-1' as OcaId, { serial: 'a1', expiresAt: inDays(21) });
  expect((await watch()).fleet?.values).toMatchObject({ CertificateDaysLeft: 21 });
  await tell('metro-2', { certificateExpiresAt: inDays(13) });
  expect((await watch()).fleet?.values).toMatchObject({ CertificateDaysLeft: 13 });
  await tell('metro-1', { certificateExpiresAt: inDays(-1) });
  expect((await watch()).fleet?.values).toMatchObject({ CertificateDaysLeft: -1 });
});

test('the worst site is told from what its OCAs delivered in their last minute, and named', async () => {
  const delivery = (requests: number, hits: number) => ({
    ...{ requests, hits, misses: requests - hits, refusals: 0, failures: requests / 100 },
    ...{ hitBytes: requests, missBytes: 0 },
  });
  const load = { egressBitsPerSecond: 0, connections: 0, egressCapacityBitsPerSecond: 1000 };
  plane.clock.advance(60_000);
  await tell('metro-1', { load, delivery: delivery(1000, 900) });
  await tell('metro-2', { load, delivery: delivery(1000, 500) });
  await tell('exchange-1', { load, delivery: delivery(200, 20) });
  const { fleet, logged } = await watch();
  expect(fleet?.values).toMatchObject({
    SiteCacheHitRateMin: expect.closeTo(10),
    SiteClientErrorRateMax: 0,
    SiteServerErrorRateMax: expect.closeTo(1),
    SiteEgressUtilizationMax: expect.any(Number),
  });
  expect(logged).toMatchObject([
    {
      event: 'sites.worst',
      cacheHit: { siteId: 'ixp-exchange' },
      serverError: { siteId: 'isp-metro' },
    },
  ]);
});

test('an EC2 instance that is silent for an hour is taken out of its site, and others stay', async () => {
  const fleet = fleetStore(plane.dynamoDb, 'fleet');
  const site = 'ixp-exchange' as Site['siteId'];
  await declareEnrolled(fleet, site, INSTANCE);
  await plane.control('PUT', `/v1/ocas/${INSTANCE}`, {
    as: INSTANCE,
    body: registration(INSTANCE, site),
  });
  await tell(INSTANCE, {});
  const declared = async () =>
    (await fleet.sites()).flatMap(({ ocas }) => ocas.map(({ ocaId }) => ocaId)).toSorted();
  plane.clock.advance(3_600_001);
  const { logged } = await watch();
  expect(logged.filter(({ event }) => event === 'oca.retired')).toEqual([]);
  expect(await declared()).toContain(INSTANCE);
  await beat();
  plane.events.length = 0;
  expect((await watch()).logged.at(-1)).toEqual({
    event: 'oca.retired',
    siteId: site,
    ocaIds: [INSTANCE],
  });
  expect(await declared()).toEqual(OCAS.map(({ ocaId }) => ocaId).toSorted());
  expect(plane.events).toEqual([
    { 'detail-type': 'OCA Addresses Changed', detail: { siteId: site } },
  ]);
});

test('every metric of the catalogue is emitted by somebody, in valid lines', async () => {
  const emitted = new Set<string>();
  const note = () => {
    for (const measurement of plane.measured) {
      const line = embeddedMetrics('Test', measurement);
      expect(embeddedMetricFaults(JSON.stringify(line))).toEqual([]);
      for (const { Metrics } of line._aws.CloudWatchMetrics)
        for (const { Name } of Metrics) emitted.add(Name);
    }
  };
  const load = { egressBitsPerSecond: 0, connections: 0, egressCapacityBitsPerSecond: 1e6 };
  const delivery = {
    requests: 500,
    hits: 400,
    misses: 100,
    refusals: 1,
    failures: 1,
    hitBytes: 9,
    missBytes: 1,
  };
  const certificateExpiresAt = plane.clock.now() + DAY;
  plane.clock.advance(60_000);
  const serverCertificateExpiresAt = certificateExpiresAt;
  const certificates = { certificateExpiresAt, serverCertificateExpiresAt };
  await tell('metro-1', { load, delivery, ...certificates, originFirstByteMs: [3] });
  note();
  await watch();
  note();
  expect([...emitted].toSorted()).toEqual((Object.keys(METRICS) as MetricName[]).toSorted());
});
