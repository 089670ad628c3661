import { expect, test } from '@jest/globals';
import { exampleConfig } from '../../../lib/example-config.ts';
import { outsideJest } from '../../../outside-jest/call.ts';

const { deployedResources } = outsideJest<
  typeof import('../../../../bin/distributary/cost/deployed-resources.ts')
>(import.meta.resolve('../../../../bin/distributary/cost/deployed-resources.ts'));

test('what stands is counted in the stacks as they are', async () => {
  const config = exampleConfig();
  const { playback } = config.regions;
  const counted = await deployedResources(config);
  expect(counted).toMatchObject({
    healthChecks: playback.length,
    // HTTPS, every 10 s, with latency.
    healthCheckFeatures: 3 * playback.length,
    keys: 0,
    webAcls: 0,
    ocas: 3,
  });
  // Two of the secrets have a copy in every playback region.
  expect(counted.secrets).toBeGreaterThanOrEqual(2 * playback.length);
  // An alarm on an expression counts each of its metrics.
  expect(counted.alarmMetrics).toBeGreaterThan(20);
});

test('switches that cost money are on the bill', async () => {
  const config = exampleConfig((raw) => {
    raw.waf = { requestsPerAddressMax: 50_000 };
    raw.domain.dnssec = true;
  });
  expect(await deployedResources(config)).toMatchObject({ webAcls: 1, webAclRules: 1, keys: 1 });
});
