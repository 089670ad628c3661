import { beforeAll, expect, test } from '@jest/globals';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';
import { alarmStates, type Period } from './alarm-evaluator.ts';
import { ALARM } from './monitored.ts';

let example: Synthesized;
let alarms: Map<string, Properties>;

beforeAll(async () => {
  example = await Synthesized.of(exampleConfig());
  const all = example.properties(ALARM);
  alarms = new Map(all.map((alarm) => [alarm.AlarmName.replace('distributary-', ''), alarm]));
});

const alarmNamed = (name: string): Properties => {
  const alarm = alarms.get(name);
  if (!alarm) throw new Error(`no alarm ${name}`);
  return alarm;
};
/** Its state at the end. */
const after = (name: string, periods: readonly Period[]) =>
  alarmStates(alarmNamed(name), periods).at(-1);
const times = (count: number, period: Period): Period[] => Array(count).fill(period);

const GBPS_FOR_5_MINUTES = (1e9 * 300) / 8;
const QUOTA_GBPS = 150;

interface Ratio {
  readonly alarm: string;
  /** The worst that is still fine, and a little more than that. */
  readonly fine: Period;
  readonly faulty: Period;
  /** What is faulty, of so few requests that it says nothing. */
  readonly quiet?: Period;
}

const RATIOS: readonly Ratio[] = [
  {
    alarm: 'cache-hit-rate-low',
    fine: { CacheHitRate: 80, Requests: 1000 },
    faulty: { CacheHitRate: 79.99, Requests: 1000 },
    quiet: { CacheHitRate: 0, Requests: 999 },
  },
  {
    alarm: 'client-errors-high',
    fine: { '4xxErrorRate': 1, Requests: 1000 },
    faulty: { '4xxErrorRate': 1.001, Requests: 1000 },
    quiet: { '4xxErrorRate': 100, Requests: 999 },
  },
  {
    alarm: 'server-errors-high',
    fine: { '5xxErrorRate': 0.1, Requests: 1000 },
    faulty: { '5xxErrorRate': 0.1001, Requests: 1000 },
    quiet: { '5xxErrorRate': 100, Requests: 10 },
  },
  {
    alarm: 'origin-latency-high',
    fine: { OriginLatency: 500, Requests: 1000 },
    faulty: { OriginLatency: 500.1, Requests: 1000 },
    quiet: { OriginLatency: 9000, Requests: 999 },
  },
  {
    alarm: 'bandwidth-near-quota',
    fine: { BytesDownloaded: 0.8 * QUOTA_GBPS * GBPS_FOR_5_MINUTES },
    faulty: { BytesDownloaded: 0.8001 * QUOTA_GBPS * GBPS_FOR_5_MINUTES },
  },
  {
    alarm: 'oca-cache-hit-rate-low',
    fine: { CacheHits: 800, CacheMisses: 200 },
    faulty: { CacheHits: 799, CacheMisses: 201 },
    quiet: { CacheHits: 0, CacheMisses: 999 },
  },
  {
    alarm: 'oca-client-errors-high',
    fine: { ClientErrors: 100, Requests: 10_000 },
    faulty: { ClientErrors: 101, Requests: 10_000 },
    quiet: { ClientErrors: 999, Requests: 999 },
  },
  {
    alarm: 'oca-server-errors-high',
    fine: { ServerErrors: 10, Requests: 10_000 },
    faulty: { ServerErrors: 11, Requests: 10_000 },
    quiet: { ServerErrors: 1, Requests: 10 },
  },
  {
    alarm: 'oca-origin-latency-high',
    fine: { OriginLatency: 500, Requests: 1000 },
    faulty: { OriginLatency: 501, Requests: 1000 },
    quiet: { OriginLatency: 9000, Requests: 999 },
  },
  {
    alarm: 'ocas-lost',
    fine: { OcasOutOfService: 10, OcasWatched: 100 },
    faulty: { OcasOutOfService: 11, OcasWatched: 100 },
    quiet: { OcasOutOfService: 0, OcasWatched: 0 },
  },
  {
    alarm: 'control-api-errors',
    fine: { '5xx': 10, Count: 1000 },
    faulty: { '5xx': 11, Count: 1000 },
    quiet: { '5xx': 99, Count: 99 },
  },
];

test.each(RATIOS)(
  '$alarm rings at a little more than its threshold, after all its periods, and clears',
  ({ alarm, fine, faulty, quiet = fine }) => {
    const { EvaluationPeriods: periods } = alarmNamed(alarm);
    expect(after(alarm, times(20, fine))).toBe('OK');
    expect(after(alarm, times(20, quiet))).toBe('OK');
    expect(after(alarm, times(periods - 1, faulty))).toBe('OK');
    expect(after(alarm, times(periods, faulty))).toBe('ALARM');
    expect(after(alarm, [...times(periods, faulty), fine])).toBe('OK');
  },
);

test('every other alarm rings just past its threshold, not at it, and clears', () => {
  const simple = [...alarms].filter(([, alarm]) => alarm.MetricName);
  expect(simple.length).toBeGreaterThan(40);
  for (const [name, alarm] of simple) {
    const { MetricName, Threshold, EvaluationPeriods, ComparisonOperator } = alarm;
    const past = ComparisonOperator === 'GreaterThanThreshold' ? 0.001 : -0.001;
    const fine = { [MetricName]: Threshold };
    const faulty = times(EvaluationPeriods, { [MetricName]: Threshold + past });
    expect([name, after(name, times(20, fine))]).toEqual([name, 'OK']);
    expect([name, after(name, [fine, ...faulty.slice(1)])]).toEqual([name, 'OK']);
    expect([name, after(name, faulty)]).toEqual([name, 'ALARM']);
    expect([name, after(name, [...faulty, fine])]).toEqual([name, 'OK']);
  }
});

test('every alarm is covered here', () => {
  const ratios = RATIOS.map(({ alarm }) => alarm);
  const math = [...alarms].filter(([, alarm]) => alarm.Metrics).map(([name]) => name);
  // One for each playback region, as the control API's.
  expect(math.toSorted()).toEqual([...ratios, 'playback-api-errors'].toSorted());
});

const SILENCE_RINGS = ['fleet-watch-failing', 'ocas-silent'];
const SILENCE_CHANGES_NOTHING = [
  'bandwidth-near-quota',
  'client-certificates-expiring',
  'control-certificate-expiring',
  'enrolment-certificate-expiring',
  'playback-certificate-expiring',
  'server-certificate-expiring',
  'site-egress-high',
];

test('missing data: heartbeats ring, capacity and certificates stay as they were, all else is well', () => {
  const ofRule = (rule: string) =>
    [...alarms].filter(([, alarm]) => alarm.TreatMissingData === rule).map(([name]) => name);
  expect(ofRule('breaching').toSorted()).toEqual(SILENCE_RINGS);
  expect(ofRule('ignore').toSorted()).toEqual(SILENCE_CHANGES_NOTHING);
  for (const [name, { TreatMissingData }] of alarms) {
    const silent = after(name, times(20, {}));
    expect([name, silent]).toEqual([name, TreatMissingData === 'breaching' ? 'ALARM' : 'OK']);
  }
});

test('an alarm of capacity that rings goes on ringing while nothing is told', () => {
  const full = times(3, { SiteEgressUtilizationMax: 95 });
  expect(after('site-egress-high', [...full, ...times(9, {})])).toBe('ALARM');
  expect(
    after('site-egress-high', [...full, {}, ...times(3, { SiteEgressUtilizationMax: 40 })]),
  ).toBe('OK');
  const failing = times(3, { ServerErrors: 100, Requests: 10_000 });
  expect(after('oca-server-errors-high', [...failing, {}])).toBe('OK');
});

test('one minute without a heartbeat is no silence, five are', () => {
  const heard = { OcasSilent: 0 };
  expect(after('ocas-silent', [...times(9, heard), ...times(4, {})])).toBe('OK');
  expect(after('ocas-silent', [...times(9, heard), ...times(5, {})])).toBe('ALARM');
  expect(after('ocas-silent', [...times(5, {}), heard])).toBe('OK');
});
