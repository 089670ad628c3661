import { expect, test } from '@jest/globals';
import { configFaults, loadConfig, parseConfig } from '../../../lib/config/load-config.ts';
import { exampleConfig, type RawConfig, rawExample } from '../example-config.ts';

const pathsOf = (edit: (config: RawConfig) => void): string[] =>
  configFaults(rawExample(edit)).map(({ path }) => path);

test('every fault of a file is told at once, fields and relations alike, with path, expected and found', () => {
  const faults = configFaults(
    rawExample((config) => {
      config.account = 12345;
      config.regions.playback = ['us-east-1', 'eu-wst-1', 'us-east-1'];
      config.health.leaseSeconds = 3;
      config.sites[0].footprint[0] = '198.51.100.1/24';
      delete config.tokens.issuer;
    }),
  );
  expect(faults).toEqual([
    { path: 'account', expected: 'an AWS account id: 12 digits, in quotes', found: '12345' },
    {
      path: 'regions.playback[1]',
      expected: expect.stringContaining('us-east-1'),
      found: '"eu-wst-1"',
    },
    { path: 'regions.playback[2]', expected: 'AWS regions that differ', found: '"us-east-1"' },
    { path: 'tokens.issuer', expected: 'an issuer of 1 to 256 characters', found: 'nothing' },
    {
      path: 'sites[0].footprint[0]',
      expected: expect.stringContaining('CIDR'),
      found: '"198.51.100.1/24"',
    },
    {
      path: 'health.leaseSeconds',
      expected: expect.stringContaining('twice health.reportIntervalSeconds (2)'),
      found: '3',
    },
  ]);
});

test('the error lists the faults, one a line, and counts them', () => {
  const parse = () => parseConfig('account: "1"\nwhat: is this', 'my.yaml');
  expect(parse).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      details: { faultCount: 17 },
      message: expect.stringMatching(
        /^my\.yaml has 17 faults:\n {2}account: expected .*; found "1"\n/,
      ),
    }),
  );
});

test.each<[string, (config: RawConfig) => void]>([
  [
    'bucket',
    (config) => {
      config.bucket = 'x';
    },
  ],
  [
    'tokens.lifetime',
    (config) => {
      config.tokens.lifetime = 60;
    },
  ],
  [
    'sites[1].ocas[0].disks[2].size',
    (config) => {
      config.sites[1].ocas[0].disks[2].size = 1;
    },
  ],
])('an unknown key is refused: %s', (path, edit) => {
  expect(pathsOf(edit)).toEqual([path]);
});

test.each<[string, (config: RawConfig) => void]>([
  [
    'account',
    (config) => {
      config.account = '1234';
    },
  ],
  [
    'prefix',
    (config) => {
      config.prefix = 'a-prefix-that-is-far-too-long';
    },
  ],
  [
    'domain.name',
    (config) => {
      config.domain.name = 'Example.com';
    },
  ],
  [
    'domain.hostedZoneId',
    (config) => {
      config.domain.hostedZoneId = '/hostedzone/Z1';
    },
  ],
  [
    'regions.origins',
    (config) => {
      config.regions.origins = [];
    },
  ],
  [
    'regions.origins[1]',
    (config) => {
      config.regions.origins = ['us-east-1', 'us-east-1'];
    },
  ],
  [
    'regions.control',
    (config) => {
      config.regions.control = 'eu-west-1';
    },
  ],
  [
    'regions.shieldByOrigin.eu-west-3',
    (config) => {
      config.regions.origins[1] = 'eu-west-3';
    },
  ],
  [
    'regions.shieldByOrigin.us-west-2',
    (config) => {
      config.regions.shieldByOrigin = { 'us-west-2': 'us-west-2' };
    },
  ],
  [
    'tokens.publicKeys',
    (config) => {
      delete config.tokens.publicKeys;
    },
  ],
  [
    'tokens.publicKeys[0].x',
    (config) => {
      config.tokens.publicKeys[0].x = 'c2hvcnQ';
    },
  ],
  [
    'tokens.publicKeys[2]',
    (config) => {
      config.tokens.publicKeys.push(config.tokens.publicKeys[0]);
    },
  ],
  [
    'entitlement.jwksUrl',
    (config) => {
      config.entitlement = { jwksUrl: 'http://a.example', issuer: 'a', audience: 'b' };
    },
  ],
  [
    'steering.ttlSeconds',
    (config) => {
      config.tokens.lifetimeSeconds = 60;
      config.steering.ttlSeconds = 60;
    },
  ],
  [
    'alarms.certificateDaysMin',
    (config) => {
      config.clients.certificateDays = 21;
    },
  ],
  [
    'fill.planPollSeconds',
    (config) => {
      config.fill.planLifetimeHours = 1;
      config.fill.planPollSeconds = 3600;
    },
  ],
  [
    'sites[0].timeZone',
    (config) => {
      config.sites[0].timeZone = 'America/Nowhere';
    },
  ],
  [
    'sites[0].timeZone',
    (config) => {
      config.sites[0].timeZone = '+01:00';
    },
  ],
  [
    'sites[0].fill.windowEnd',
    (config) => {
      config.sites[0].fill.windowEnd = '02:00';
    },
  ],
  [
    'sites[0].fill.windowStart',
    (config) => {
      config.sites[0].fill.windowStart = '24:00';
    },
  ],
  [
    'sites[0].fill.ocaBitsPerSecond',
    (config) => {
      config.sites[0].fill.ocaBitsPerSecond = 7e9;
    },
  ],
  [
    'sites[1].siteId',
    (config) => {
      config.sites[1].siteId = 'IXP';
    },
  ],
  [
    'sites[1]',
    (config) => {
      config.sites[1].siteId = 'isp-metro';
    },
  ],
  [
    'sites[1].ocas[0].ocaId',
    (config) => {
      config.sites[1].ocas[0].ocaId = 'metro-1';
    },
  ],
  [
    'sites[1].ocas[0].ocaId',
    (config) => {
      config.sites[1].ocas[0].ocaId = 'cloudfront';
    },
  ],
  [
    'sites[1].ocas[0].disks',
    (config) => {
      config.sites[1].ocas[0].disks = [];
    },
  ],
  [
    'sites[1].ocas[0].disks[1]',
    (config) => {
      config.sites[1].ocas[0].disks[1].diskId = 'flash-1';
    },
  ],
  [
    'sites[1].ocas[0].disks[0].tier',
    (config) => {
      config.sites[1].ocas[0].disks[0].tier = 'tape';
    },
  ],
  [
    'sites[1].ocas[0].address.ipv4',
    (config) => {
      config.sites[1].ocas[0].address.ipv4 = '10.0.0.7';
    },
  ],
  [
    'sites[1].ocas[0].address.ipv4',
    (config) => {
      config.sites[1].ocas[0].address.ipv4 = config.sites[0].ocas[0].address.ipv4;
    },
  ],
  [
    'sites[1].ocas[0].address.ipv6',
    (config) => {
      config.sites[1].ocas[0].address.ipv6 = 'fd00::7';
    },
  ],
  [
    'alarms.recipients[0]',
    (config) => {
      config.alarms.recipients = ['nobody'];
    },
  ],
  [
    'alarms.cacheHitRatioMin',
    (config) => {
      config.alarms.cacheHitRatioMin = 80;
    },
  ],
  [
    'prices.asOf',
    (config) => {
      config.prices.asOf = 'today';
    },
  ],
  [
    'prices.cloudFront.egress[1].upToBytes',
    (config) => {
      config.prices.cloudFront.egress[1].upToBytes = 1e12;
    },
  ],
  [
    'prices.cloudFront.egress[5].upToBytes',
    (config) => {
      config.prices.cloudFront.egress.pop();
    },
  ],
])('a fault is told at its own path: %s', (path, edit) => {
  expect(pathsOf(edit)).toEqual([path]);
});

test('keys may be left out where no token is required', () => {
  const config = exampleConfig((raw) => {
    raw.tokens.required = false;
    delete raw.tokens.publicKeys;
  });
  expect(config.tokens.publicKeys).toBeUndefined();
});

test('more CloudFront traffic than twenty distributions carry is refused, with the way out', () => {
  const peakOf = (bitsPerSecond: number) =>
    configFaults(
      rawExample((config) => {
        config.traffic.cloudFrontPeakBitsPerSecond = bitsPerSecond;
      }),
    );
  expect(peakOf(20 * 150e9)).toEqual([]);
  expect(peakOf(20 * 150e9 + 1)).toEqual([
    {
      path: 'traffic.cloudFrontPeakBitsPerSecond',
      expected: expect.stringContaining('ask AWS to raise that quota first'),
      found: '3000000000001',
    },
  ]);
});

test('broken YAML is told by line', () => {
  expect(() => parseConfig('account: "1"\nprefix: [')).toThrow(/line 2: expected YAML 1\.2; found/);
  expect(() => parseConfig('prefix: a\nprefix: b')).toThrow(/unique/);
});

test('a file that is no mapping has one fault', () => {
  expect(configFaults('hello')).toEqual([
    { path: 'the file', expected: expect.stringContaining('a mapping'), found: '"hello"' },
  ]);
});

test('a file that is not there is named, not described by a stack trace', () => {
  expect(() => loadConfig('config/none.yaml')).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: 'config/none.yaml cannot be read: ENOENT',
    }),
  );
});

test('a configuration cannot be changed after it was checked', () => {
  const config = exampleConfig();
  expect(() => {
    (config.sites[0] as { name: string }).name = 'other';
  }).toThrow(TypeError);
});
