import { expect, test } from '@jest/globals';
import { loadConfig } from '../../lib/config/load-config.ts';
import { schema } from '../../lib/config/schema.ts';
import { rawExample } from '../lib/example-config.ts';

test('the example is valid as it stands', () => {
  const { sites } = loadConfig('config/example.yaml');
  expect(sites.flatMap(({ ocas }) => ocas.map(({ ocaId }) => ocaId))).toEqual([
    'metro-1',
    'metro-2',
    'exchange-1',
  ]);
});

test('the example has every key, save the optional entitlement and WAF', () => {
  const keys = Object.keys(schema.shape).filter((key) => !['entitlement', 'waf'].includes(key));
  expect(Object.keys(rawExample())).toEqual(keys);
});

test('the egress prices give the bill of 50 PB that the price page gives', () => {
  const { egress } = loadConfig('config/example.yaml').prices.cloudFront;
  let billedBytes = 0;
  let bill = 0;
  for (const { upToBytes = Number.POSITIVE_INFINITY, usdPerGigabyte } of egress) {
    const bytes = Math.min(upToBytes, 50e15) - billedBytes;
    bill += (bytes / 1e9) * usdPerGigabyte;
    billedBytes += bytes;
  }
  // 850 + 3,200 + 6,000 + 14,000 + 15,720 + 100,000 + 899,520
  expect(bill).toBeCloseTo(1_039_290, 2);
});
