import { expect, test } from '@jest/globals';
import { customMetricCount } from '../../../../bin/distributary/cost/custom-metrics.ts';
import { exampleConfig } from '../../../lib/example-config.ts';

test('each OCA and each site adds its own metrics, and OCAs only when they are asked for', () => {
  const all = customMetricCount(exampleConfig());
  const withoutOcas = customMetricCount(
    exampleConfig((raw) => {
      raw.metrics.perOca = false;
    }),
  );
  const withoutSites = customMetricCount(
    exampleConfig((raw) => {
      raw.sites = [];
    }),
  );
  const oneOcaLess = customMetricCount(
    exampleConfig((raw) => {
      raw.sites[0].ocas.pop();
    }),
  );
  const perOca = all - oneOcaLess;
  expect(perOca).toBeGreaterThan(0);
  // Three that are declared, two instances of EC2 in Oregon and one in Boston.
  expect(all - withoutOcas).toBe(6 * perOca);
  expect(withoutOcas - withoutSites).toBeGreaterThan(2 * perOca - 1);
  expect(withoutSites).toBeGreaterThan(0);
});
