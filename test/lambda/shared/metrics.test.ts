import { afterEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMs } from '#domain/units.ts';
import { METRICS, type MetricName } from '#protocol/metrics-catalogue.ts';
import {
  embeddedMetrics,
  type Measurement,
  stdoutMetrics,
  VALUES_MAX,
} from '../../../lambda/shared/metrics.ts';
import { embeddedMetricFaults } from '../support/embedded-metrics.ts';

const AT = epochMs(1_800_000_000_000);
const NAMES = Object.keys(METRICS) as MetricName[];
const OF_OCA = { Deployment: 'd', Site: 's', Oca: 'o' };

afterEach(() => {
  jest.restoreAllMocks();
});

test('a metric stands under each of its dimension sets that there are values for, with its unit', () => {
  const values = { Requests: 7, OcasSilent: 1, OcasWatched: 3 };
  expect(embeddedMetrics('Ns', { at: AT, dimensions: OF_OCA, values })).toEqual({
    _aws: {
      Timestamp: AT,
      CloudWatchMetrics: [
        {
          Namespace: 'Ns',
          Dimensions: [['Deployment'], ['Site'], ['Site', 'Oca']],
          Metrics: [{ Name: 'Requests', Unit: 'Count' }],
        },
        {
          Namespace: 'Ns',
          Dimensions: [['Deployment'], ['Site']],
          Metrics: [{ Name: 'OcasSilent', Unit: 'Count' }],
        },
        {
          Namespace: 'Ns',
          Dimensions: [['Deployment']],
          Metrics: [{ Name: 'OcasWatched', Unit: 'Count' }],
        },
      ],
    },
    ...OF_OCA,
    ...values,
  });
});

test('a metric without a value is left out, a set without all its dimensions too', () => {
  const dimensions = { Deployment: 'd', Site: 's' };
  const line = embeddedMetrics('Ns', {
    at: AT,
    dimensions,
    values: { Requests: 1, OriginLatency: [] },
  });
  expect(line._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: 'Ns',
      Dimensions: [['Deployment'], ['Site']],
      Metrics: [{ Name: 'Requests', Unit: 'Count' }],
    },
  ]);
  expect(line).not.toHaveProperty('OriginLatency');
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const value = fc.oneof(finite, fc.array(finite, { minLength: 1, maxLength: VALUES_MAX }));

test('whatever is measured, the line is valid', () => {
  const values = fc.record(
    Object.fromEntries(NAMES.map((name) => [name, value])) as Record<MetricName, typeof value>,
    { requiredKeys: ['Requests'] },
  );
  fc.assert(
    fc.property(values, (measured) => {
      const measurement: Measurement = { at: AT, dimensions: OF_OCA, values: measured };
      const line = JSON.stringify(embeddedMetrics('Ns', { ...measurement, facts: { ocaId: 'o' } }));
      expect(embeddedMetricFaults(line)).toEqual([]);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test('the check of validity finds what is wrong', () => {
  const good = embeddedMetrics('Ns', { at: AT, dimensions: OF_OCA, values: { Requests: 1 } });
  const faultsOf = (line: object) => embeddedMetricFaults(JSON.stringify(line));
  expect(faultsOf({ ...good, Oca: undefined })).toEqual(['no target Oca']);
  expect(faultsOf({ ...good, Requests: 'many' })).toEqual(['value of Requests']);
  expect(faultsOf({ ...good, Requests: Array(101).fill(1) })).toEqual(['value of Requests']);
  expect(faultsOf({ level: 'INFO', message: good })).toContain('no directive');
});

test('a line goes to standard output as it is, past the console that Lambda replaces', () => {
  const consoleLog = jest.spyOn(console, 'log').mockImplementation(() => {});
  const written: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  stdoutMetrics('Ns')({ at: AT, dimensions: OF_OCA, values: { Requests: 1 } });
  expect(consoleLog).not.toHaveBeenCalled();
  expect(written.join('').split('\n')).toHaveLength(2);
  expect(embeddedMetricFaults(written.join(''))).toEqual([]);
});
