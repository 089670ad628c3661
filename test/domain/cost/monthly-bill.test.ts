import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DeployedResources, monthlyBill, totalOf } from '#domain/cost/monthly-bill.ts';
import {
  type DeploymentShape,
  type MonthlyUsage,
  monthlyTraffic,
} from '#domain/cost/monthly-traffic.ts';
import { ratio } from '#domain/units.ts';
import { exampleConfig } from '../../lib/example-config.ts';

const { prices } = exampleConfig();

const USAGE: MonthlyUsage = {
  egressBytes: 1e15,
  ocaShare: ratio(0.95),
  ec2EgressBytes: 10e12,
  hitRatio: ratio(0.9),
  shieldHitRatio: ratio(0.6),
  contentBytes: 50e12,
  publishedBytes: 5e12,
  requestBytes: 2e6,
  watchedBitsPerSecond: 5e6,
  sessionSeconds: 3600,
};

const SHAPE: DeploymentShape = {
  originRegions: 3,
  playbackRegions: 6,
  sites: 2,
  ocas: 3,
  reportIntervalSeconds: 2,
  planPollSeconds: 5,
  steeringTtlSeconds: 5,
};

const RESOURCES: DeployedResources = {
  hostedZones: 1,
  healthChecks: 6,
  healthCheckFeatures: 18,
  alarmMetrics: 24,
  compositeAlarms: 0,
  dashboards: 1,
  customMetrics: 40,
  secrets: 13,
  keys: 0,
  webAcls: 0,
  webAclRules: 0,
  instancesByType: { 'i4i.2xlarge': 2, 'x9.unheard-of': 1 },
  ocas: 3,
};

function bill(usage: Partial<MonthlyUsage> = {}, resources: Partial<DeployedResources> = {}) {
  const lines = monthlyBill({
    prices,
    resources: { ...RESOURCES, ...resources },
    traffic: monthlyTraffic({ ...USAGE, ...usage }, SHAPE),
  });
  const usdOf = (item: string) => lines.find((line) => line.item === item)?.usd;
  return { lines, usdOf, total: totalOf(lines) };
}

test('a month is counted as by hand', () => {
  const { usdOf } = bill();
  // 50 TB to viewers and 5 TB to each of two sites: 10 × 85 + 40 × 80 + 10 × 60 USD a TB.
  expect(usdOf('CloudFront egress')).toBeCloseTo(850 + 3200 + 600, 6);
  // 60 TB in requests of 2 MB: 30 million.
  expect(usdOf('CloudFront requests')).toBeCloseTo(30, 6);
  expect(usdOf('Origin Shield requests')).toBeCloseTo(2.25, 6);
  expect(usdOf('S3 storage, all regions')).toBeCloseTo(150_000 * 0.023, 6);
  expect(usdOf('S3 replication')).toBeCloseTo(10_000 * 0.035, 6);
  // 8 × 10^15 bits at 5 Mbit/s: 1.6 × 10^9 s, a steering request every 5 s, and 2 requests for each of 444,444 sessions.
  expect(usdOf('Playback and steering, HTTP API')).toBeCloseTo(320 + 0.888889, 5);
  // 3 OCAs, 2,628,000 s: a report every 2 s and a poll every 5 s.
  expect(usdOf("OCAs' reports and polls, HTTP API")).toBeCloseTo(3.942 + 1.5768, 6);
  // Each of these is admitted by one function and answered by another.
  expect(usdOf("OCAs' reports and polls, invocations")).toBeCloseTo(2 * 5.5188 * 0.2, 6);
  // One invocation in twenty.
  expect(usdOf('Traces')).toBeCloseTo(5 * 0.05 * (320.888889 + 2 * 5.5188), 5);
  // 321 and 5.5 million requests of 300 B, and a line of 1 kB for each of 3 × 43,800 minutes.
  expect(usdOf('Access logs and metrics in logs')).toBeCloseTo(
    0.5 * ((320.888889 + 5.5188) * 0.3 + 0.1314 * 1),
    5,
  );
  expect(usdOf('DynamoDB writes, all regions')).toBeCloseTo(3.942 * 2 * 6 * 0.625, 6);
  expect(usdOf('Route 53 health checks')).toBe(3);
  expect(usdOf('OCAs')).toBe(1500);
  expect(usdOf('EC2 egress')).toBeCloseTo(900, 6);
  expect(usdOf('EC2 i4i.2xlarge')).toBeCloseTo(2 * 730 * 0.686, 6);
  expect(usdOf('EC2 x9.unheard-of')).toBeUndefined();
});

test('the total is what the lines say, to the cent', () => {
  const cheap = bill({
    egressBytes: 0,
    ec2EgressBytes: 0,
    contentBytes: 0,
    publishedBytes: 0,
  });
  // What stands, three OCAs and what they report, two instances; the traffic is none.
  const standing = 0.5 + 3 + 18 + 2.4 + 3 + 12 + 5.2;
  const traces = 5 * 0.05 * 2 * 5.5188;
  const logs = 0.5 * (5.5188 * 0.3 + 0.1314 * 1);
  const reports = 5.5188 + 2 * (1.10376 + 0.36792) + 29.565 + logs + traces;
  expect(cheap.total).toBeCloseTo(standing + 1500 + reports + 1001.56, 2);
});

test('what is not there is not on the bill', () => {
  expect(bill().lines.filter(({ item }) => item.startsWith('WAF'))).toEqual([]);
  const withWaf = bill({}, { webAcls: 1, webAclRules: 1 });
  expect(withWaf.usdOf('WAF requests')).toBeCloseTo(18, 6);
  expect(withWaf.usdOf('WAF web ACLs')).toBe(5);
});

test('more of anything never makes the month cheaper; a larger share of OCAs does', () => {
  const factor = fc.double({ min: 1, max: 100, noNaN: true });
  fc.assert(
    fc.property(
      factor,
      fc.constantFrom('egressBytes', 'contentBytes', 'publishedBytes' as const),
      (by, key) => {
        expect(bill({ [key]: USAGE[key as keyof MonthlyUsage] * by }).total).toBeGreaterThanOrEqual(
          bill().total,
        );
      },
    ),
    { seed: 20261123, numRuns: 50 },
  );
  expect(bill({ ocaShare: ratio(1) }).total).toBeLessThan(bill({ ocaShare: ratio(0.9) }).total);
  expect(bill({ hitRatio: ratio(1) }).total).toBeLessThan(bill({ hitRatio: ratio(0.5) }).total);
});
