import { expect, test } from '@jest/globals';
import { parseAgentConfig } from '../../../oca-agent/config/agent-config.ts';

const key = {
  kty: 'OKP',
  crv: 'Ed25519',
  alg: 'EdDSA',
  kid: 'plan-1',
  x: 'A'.repeat(43),
  purpose: 'fill-plan',
};
const disk = { diskId: 'flash-1', tier: 'flash', path: '/srv/oca/1', capacityBytes: 1000 };
const valid = {
  ocaId: 'metro-1',
  siteId: 'isp-metro',
  controlUrl: 'https://control.example.com/',
  identityFile: '/etc/oca-agent/identity.pem',
  deliveryUrl: 'http://metro-1.isp-metro.example.net',
  delivery: { address: '0.0.0.0', port: 80 },
  management: { port: 9080 },
  stateDirectory: '/var/lib/oca-agent',
  disks: [disk],
  trustedPlanKeys: [key],
};
const faultsOf = (config: unknown): string => {
  try {
    parseAgentConfig(typeof config === 'string' ? config : JSON.stringify(config));
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    expect(code).toBe('config-invalid');
    return message;
  }
  throw new Error('the configuration was accepted');
};

test('a configuration gets its defaults: tokens required, management on loopback', () => {
  expect(parseAgentConfig(JSON.stringify(valid))).toMatchObject({
    controlUrl: 'https://control.example.com',
    management: { address: '127.0.0.1', port: 9080 },
    tokens: 'required',
    delivery: { connectionsMax: 15_000 },
    fillTransfersMax: 4,
  });
});

test('every fault is told at once, each with its place, what was expected and what was found', () => {
  const message = faultsOf({
    ...valid,
    ocaId: 'cloudfront',
    delivery: { address: '0.0.0.0', port: '80' },
    disks: [disk, { ...disk, tier: 'ssd', path: 'relative' }],
    trustedPlanKeys: [{ ...key, purpose: 'session-token' }],
    stateDirectory: undefined,
    surprise: true,
  });
  expect(message.split('; ')).toEqual([
    expect.stringMatching(/^ocaId: expected a name.*, found "cloudfront"$/),
    'delivery.port: expected number, found "80"',
    'stateDirectory: expected string, found nothing',
    expect.stringMatching(/^disks\[1\]\.tier: .*"flash"\|"hdd", found "ssd"$/),
    'disks[1].path: expected an absolute path, found "relative"',
    expect.stringContaining(
      'trustedPlanKeys: expected at least one key with the purpose "fill-plan"',
    ),
    'file: Unrecognized key: "surprise"',
  ]);
});

test('two disks with one id or one path are refused', () => {
  const message = faultsOf({ ...valid, disks: [disk, disk] });
  expect(message).toContain('disks[1].diskId: expected one disk for each diskId');
  expect(message).toContain('disks[1].path: expected one disk for each path');
});

test.each([
  ['/srv/oca/1/inner', '/srv/oca/1'],
  ['/srv/oca/1', '/srv/oca/1/'],
  ['/srv/oca/1/../2/inner', '/srv/oca/2'],
])('a disk inside another is refused: %s in %s', (inner, outer) => {
  const disks = [
    { ...disk, path: outer },
    { ...disk, diskId: 'flash-2', path: inner },
  ];
  expect(faultsOf({ ...valid, disks })).toContain(
    'disks[1].path: expected a folder outside of disk flash-1',
  );
});

test('folders whose names begin alike are not inside each other', () => {
  const disks = [disk, { ...disk, diskId: 'flash-2', path: '/srv/oca/10' }];
  expect(parseAgentConfig(JSON.stringify({ ...valid, disks })).disks).toHaveLength(2);
});

test('parity that needs more hdd disks than there are is refused with both numbers', () => {
  const hdd = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...{ diskId: `hdd-${index}`, tier: 'hdd', path: `/srv/hdd/${index}`, capacityBytes: 1000 },
    }));
  const withParity = (hddDisks: number, parityFiles: number) => ({
    ...valid,
    disks: [disk, ...hdd(hddDisks)],
    parity: { dataFiles: 3, parityFiles },
  });
  expect(faultsOf(withParity(4, 2))).toContain(
    'parity: 3 data files and 2 parity files need 5 hdd disks, there are 4',
  );
  expect(parseAgentConfig(JSON.stringify(withParity(5, 2))).parity?.parityFiles).toBe(2);
  expect(parseAgentConfig(JSON.stringify(withParity(0, 0))).parity?.parityFiles).toBe(0);
});

test('an eviction policy that there is none of is refused', () => {
  expect(faultsOf({ ...valid, eviction: { policy: 'clock' } })).toMatch(
    /^eviction\.policy: .*"lru".*, found "clock"$/,
  );
});

test.each(['http://127.0.0.1:9080', 'http://localhost', 'http://[::1]:80', 'https://a.example'])(
  'the control plane may be asked at %s',
  (controlUrl) => {
    expect(parseAgentConfig(JSON.stringify({ ...valid, controlUrl }))).toMatchObject({
      controlUrl,
    });
  },
);

test.each(['http://control.example.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1'])(
  'a control plane beyond this machine is not asked in the clear: %s',
  (controlUrl) => {
    const found = JSON.stringify(controlUrl);
    expect(faultsOf({ ...valid, controlUrl })).toBe(
      `controlUrl: expected an https URL, found ${found}`,
    );
  },
);

test('public addresses may be given, and only public ones', () => {
  const withAddresses = (publicAddresses: object) => ({ ...valid, publicAddresses });
  const parsed = parseAgentConfig(JSON.stringify(withAddresses({ ipv4: '203.0.113.7' })));
  expect(parsed.publicAddresses).toEqual({ ipv4: '203.0.113.7' });
  expect(faultsOf(withAddresses({ ipv4: '10.0.0.7', ipv6: 'fd00::7' }))).toBe(
    'publicAddresses.ipv4: expected a public IPv4 address, found "10.0.0.7"; ' +
      'publicAddresses.ipv6: expected a public IPv6 address, found "fd00::7"',
  );
});

test('text that is not JSON is refused as such', () => {
  expect(faultsOf('{"ocaId":')).toContain('expected JSON');
});
