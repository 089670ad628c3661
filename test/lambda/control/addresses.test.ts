import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites, registration, SITES } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  plane.events.length = 0;
});
afterEach(() => plane.stop());

const register = (overrides: object) =>
  plane.control('PUT', '/v1/ocas/metro-1', {
    as: 'metro-1',
    body: registration('metro-1', 'isp-metro', overrides),
  });
const changes = () =>
  plane.events.splice(0).filter((event) => event['detail-type'] === 'OCA Addresses Changed');
const OF_METRO = { 'detail-type': 'OCA Addresses Changed', detail: { siteId: 'isp-metro' } };

test.each([
  [{ ipv4: '10.0.0.7' }, 'addresses.ipv4: expected a public IPv4 address, found "10.0.0.7"'],
  [{ ipv4: '203.0.113.7', ipv6: 'fe80::1' }, 'addresses.ipv6: expected a public IPv6 address'],
  [{ ipv4: 'metro-1.example.com' }, 'addresses.ipv4: expected a public IPv4 address'],
  ['203.0.113.7', 'addresses: expected an object'],
])(
  'an OCA that registers with %j is told what is wrong, and nothing is noted',
  async (addresses, detail) => {
    const { status, json } = await register({ addresses });
    expect([status, json.code]).toEqual([400, 'message-invalid']);
    expect(json.detail).toContain(detail);
    expect(changes()).toEqual([]);
  },
);

test('a site is told of when an OCA registers with other addresses than before, and not otherwise', async () => {
  await register({});
  expect(changes()).toEqual([]);
  await register({ addresses: { ipv4: '203.0.113.7' } });
  expect(changes()).toEqual([OF_METRO]);
  await register({ addresses: { ipv4: '203.0.113.7' }, bootId: 'boot-0002' });
  expect(changes()).toEqual([]);
  await register({ addresses: { ipv4: '203.0.113.7', ipv6: '2001:db8::7' } });
  expect(changes()).toEqual([OF_METRO]);
  await register({});
  expect(changes()).toEqual([OF_METRO]);
});

test('the operator declares addresses with the site, private ones are refused, and the site is told of', async () => {
  const [METRO] = SITES;
  const put = (address: object) =>
    plane.control('PUT', '/v1/sites/isp-metro', {
      as: OPERATOR,
      body: { ...METRO, ocas: [{ ocaId: 'metro-1', address }] },
    });
  const refused = await put({ ipv4: '192.168.1.1' });
  expect([refused.status, refused.json.code]).toEqual([400, 'message-invalid']);
  expect(refused.json.detail).toContain('ocas[0].address.ipv4');
  expect(changes()).toEqual([]);
  const taken = await put({ ipv4: '203.0.113.7' });
  expect(taken.json).toMatchObject({ ocas: [{ address: { ipv4: '203.0.113.7' } }] });
  expect(changes()).toEqual([OF_METRO]);
});
