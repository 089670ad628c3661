import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillShortages } from '../../../lib/config/fill-capacity.ts';
import { configFaults } from '../../../lib/config/load-config.ts';
import { exampleConfig, type RawConfig, rawExample } from '../example-config.ts';

const faultsAfter = (edit: (config: RawConfig) => void) => configFaults(rawExample(edit));

test('a prefix that two ISP sites claim is refused, however it is spelled', () => {
  const faults = faultsAfter((config) => {
    config.sites.push({
      ...config.sites[0],
      siteId: 'isp-other',
      kind: 'mec',
      ocas: [],
      footprint: ['198.51.100.0/24', '2001:0db8:0001:0::/48'],
    });
  });
  expect(faults).toEqual(
    ['198.51.100.0/24', '2001:0db8:0001:0::/48'].map((found, index) => ({
      path: `sites[4].footprint[${index}]`,
      expected: expect.stringMatching(/^a prefix that isp-metro does not have: .* equal rank/),
      found,
    })),
  );
});

test('a prefix that one site spells twice is refused', () => {
  const faults = faultsAfter((config) => {
    config.sites[0].footprint = ['2001:db8::/32', '2001:DB8::/32'];
  });
  expect(faults).toEqual([
    { path: 'sites[0].footprint[1]', expected: 'prefixes that differ', found: '2001:DB8::/32' },
  ]);
});

test('prefixes may nest, and an ISP may have what an exchange has', () => {
  const faults = faultsAfter((config) => {
    config.sites[0].footprint = ['198.51.100.0/24', '198.51.100.128/25', '0.0.0.0/0'];
  });
  expect(faults).toEqual([]);
});

test.each([
  ['198.51.100.7/24', ', such as 198.51.100.0/24'],
  ['2001:db8:1::5/48', ', such as 2001:db8:1::/48'],
  ['255.255.255.255/1', ', such as 128.0.0.0/1'],
  ['198.51.100.0/33', ''],
  ['198.51.100.0', ''],
  ['198.51.300.0/24', ''],
])('a slip in a prefix is told with what it is near to: %s', (prefix, hint) => {
  const faults = faultsAfter((config) => {
    config.sites[0].footprint = [prefix];
  });
  expect(faults).toEqual([
    {
      path: 'sites[0].footprint[0]',
      expected: `an IPv4 or IPv6 prefix in CIDR notation with no bits set beyond its length${hint}`,
      found: JSON.stringify(prefix),
    },
  ]);
});

test('a window that cannot carry a night is refused, with the sum', () => {
  const faults = faultsAfter((config) => {
    config.sites[0].fill.windowEnd = '03:00';
  });
  // 0.08 × 75.36 TB an OCA, twice that at the site, in one hour.
  expect(faults).toEqual([
    {
      path: 'sites[0].fill.ocaBitsPerSecond',
      expected:
        'at least 1.4e10 bit/s: a night may replace 6.03 TB (fill.nightlyChurnRatioMax 0.08 of the disks) in a window of 1 h',
      found: '4000000000',
    },
    {
      path: 'sites[0].fill.siteBitsPerSecond',
      expected:
        'at least 2.7e10 bit/s: a night may replace 12.06 TB (fill.nightlyChurnRatioMax 0.08 of the disks) in a window of 1 h',
      found: '6000000000',
    },
  ]);
});

test('the rate that a shortage asks for is just enough', () => {
  const [site] = exampleConfig().sites;
  if (!site) throw new Error('the example has no site');
  const rate = fc.double({ min: 1e6, max: 1e13, noNaN: true });
  const churn = fc.double({ min: 1e-6, max: 1, noNaN: true });
  fc.assert(
    fc.property(rate, churn, (bitsPerSecond, churnRatio) => {
      const shortagesAt = (ocaRate: number, siteRate: number) =>
        fillShortages(
          {
            ...site,
            fill: {
              ...site.fill,
              ocaBitsPerSecond: ocaRate as typeof site.fill.ocaBitsPerSecond,
              siteBitsPerSecond: siteRate as typeof site.fill.siteBitsPerSecond,
            },
          },
          churnRatio,
        );
      for (const { field, bitsPerSecondMin } of shortagesAt(bitsPerSecond, bitsPerSecond)) {
        expect(bitsPerSecondMin).toBeGreaterThan(bitsPerSecond);
        const kept = shortagesAt(bitsPerSecondMin, bitsPerSecondMin);
        expect(kept.every((other) => other.bitsPerSecondMin > bitsPerSecondMin)).toBe(true);
        const just = bitsPerSecondMin * 0.999;
        expect(shortagesAt(just, just).map((shortage) => shortage.field)).toContain(field);
      }
    }),
    { seed: 20261123 },
  );
});

test('a window over midnight is as long as it looks', () => {
  const faults = faultsAfter((config) => {
    Object.assign(config.sites[0].fill, { windowStart: '23:00', windowEnd: '05:00' });
  });
  expect(faults).toEqual([]);
});

test('a Wavelength Zone is refused where the region has no carrier gateways', () => {
  const faults = faultsAfter((config) => {
    const mec = {
      ...config.sites[1],
      siteId: 'mec-stockholm',
      kind: 'mec',
      footprint: ['192.0.2.0/24'],
      ocas: [],
      ec2: {
        region: 'eu-north-1',
        availabilityZones: ['eu-north-1-wl1-arn-wlz-1'],
        instanceType: 'g4dn.2xlarge',
        instancesMin: 1,
        instancesMax: 2,
        vpcCidr: '10.1.0.0/20',
      },
    };
    config.sites.push(mec);
  });
  expect(faults.map(({ path }) => path)).toEqual(expect.arrayContaining(['sites[4].ec2.region']));
  expect(faults.find(({ path }) => path === 'sites[4].ec2.region')).toMatchObject({
    expected: expect.stringContaining('eu-west-2'),
    found: 'eu-north-1',
  });
});
