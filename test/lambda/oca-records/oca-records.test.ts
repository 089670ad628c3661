import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Route53Client } from '@aws-sdk/client-route-53';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { OcaId, SiteId } from '#domain/ids.ts';
import type { OcaAddresses } from '#protocol/oca-addresses.ts';
import type { OcaRegistration } from '#protocol/oca-registration.ts';
import type { Site } from '#protocol/site.ts';
import { createOcaRecords } from '../../../lambda/oca-records/create-oca-records.ts';
import { documentClient } from '../../../lambda/shared/clients.ts';
import { type FleetStore, fleetStore } from '../../../lambda/shared/stores/fleet-store.ts';
import { createTables, dynamodbServer } from '../../../local/dynamodb/dynamodb-server.ts';
import { Route53Server } from './route53-server.ts';

/** Real servers on a machine that others use too: a deadline, not a measurement. */
jest.setTimeout(60_000);

const ZONE_ID = 'Z0123456789EXAMPLE';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' };
const client = { region: 'eu-west-1', credentials, maxAttempts: 1 };
let zone: Route53Server;
let fleet: FleetStore;
let logged: { event: string; facts: unknown }[];
let reconcile: ReturnType<typeof createOcaRecords>;
const closings: (() => unknown)[] = [];

beforeEach(async () => {
  zone = await Route53Server.start(ZONE_ID);
  const server = dynamodbServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tables = new DynamoDBClient({ ...client, endpoint });
  await createTables(tables, [FLEET_TABLE]);
  const dynamoDb = documentClient(tables);
  const route53 = new Route53Client({ ...client, endpoint: zone.url });
  fleet = fleetStore(dynamoDb, 'fleet');
  logged = [];
  reconcile = createOcaRecords({
    dynamoDb,
    route53,
    environment: {
      FLEET_TABLE: 'fleet',
      HOSTED_ZONE_ID: ZONE_ID,
      OCA_DOMAIN: 'oca.example.com',
    },
    log: (_, event, facts) => logged.push({ event, facts }),
  });
  closings.push(
    () => tables.destroy(),
    () => route53.destroy(),
    () => server.closeAllConnections(),
    () => server.close(),
    () => zone.stop(),
  );
});
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const FLEET_TABLE = {
  TableName: 'fleet',
  AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S' as const,
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
};

/** OCAs of one site, with the addresses that the operator declared. */
const declare = (siteId: string, ocas: Record<string, OcaAddresses | undefined>) =>
  fleet.changeSite(siteId as SiteId, () => ({
    ...SITE,
    siteId: siteId as SiteId,
    ocas: Object.entries(ocas).map(([ocaId, address]) => ({
      ocaId: ocaId as OcaId,
      ...(address && { address }),
    })),
  }));
const register = (siteId: string, ocaId: string, addresses?: OcaAddresses) =>
  fleet.register({
    ...REGISTRATION,
    siteId: siteId as SiteId,
    ocaId: ocaId as OcaId,
    ...(addresses && { addresses }),
  });
const changed = (siteId: string) =>
  reconcile({ 'detail-type': 'OCA Addresses Changed', detail: { siteId } });

const SITE = {
  name: 'Metro',
  kind: 'isp',
  location: { latitude: 0, longitude: 0 },
  timeZone: 'Etc/UTC',
  footprint: [],
  fill: { windowStart: '02:00', windowEnd: '08:00', ocaBitsPerSecond: 1, siteBitsPerSecond: 1 },
} as unknown as Site;
const REGISTRATION = {
  version: 1,
  bootId: 'boot-0001',
  softwareVersion: '0.1.0',
  deliveryUrl: 'https://metro-1.metro.oca.example.com',
  disks: [],
} as unknown as OcaRegistration;

test('an event that is none of ours is refused before anything is asked', async () => {
  for (const detail of [undefined, {}, { siteId: 'Not A Site' }]) {
    await expect(
      reconcile({ 'detail-type': 'OCA Addresses Changed', detail }),
    ).rejects.toMatchObject({ code: 'message-invalid' });
  }
  expect(zone.batches).toEqual([]);
});

test('an address that the public cannot reach does not come into the zone, even out of the table', async () => {
  await declare('metro', { 'metro-1': undefined, 'metro-2': { ipv4: '203.0.113.2' } });
  await register('metro', 'metro-1', { ipv4: '10.0.0.7' });
  await changed('metro');
  expect(zone.told).toEqual(['metro-2.metro.oca.example.com. A 203.0.113.2']);
  expect(logged).toContainEqual({ event: 'oca-records.refused', facts: { ocaId: 'metro-1' } });
});

test('records follow what OCAs register, and what the operator declares counts before that', async () => {
  await declare('metro', { 'metro-1': undefined, 'metro-2': { ipv4: '203.0.113.2' } });
  await register('metro', 'metro-1', { ipv4: '203.0.113.1', ipv6: '2001:db8::1' });
  await register('metro', 'metro-2', { ipv4: '203.0.113.99' });
  await changed('metro');
  expect(zone.told).toEqual([
    'metro-1.metro.oca.example.com. A 203.0.113.1',
    'metro-1.metro.oca.example.com. AAAA 2001:db8::1',
    'metro-2.metro.oca.example.com. A 203.0.113.2',
  ]);
  await register('metro', 'metro-1', { ipv4: '203.0.113.11' });
  await changed('metro');
  expect(zone.told.slice(0, -1)).toEqual(['metro-1.metro.oca.example.com. A 203.0.113.11']);
});

test('the same event again changes nothing', async () => {
  await declare('metro', { 'metro-1': { ipv4: '203.0.113.1' } });
  await changed('metro');
  await changed('metro');
  expect(zone.batches).toEqual([['UPSERT metro-1.metro.oca.example.com. A']]);
});

test('an OCA that is declared no more loses its records, and other sites keep theirs', async () => {
  await declare('metro', { 'metro-1': { ipv4: '203.0.113.1' } });
  await declare('metro-b', { 'metro-9': { ipv4: '203.0.113.9' } });
  await reconcile({});
  await declare('metro', {});
  await changed('metro');
  expect(zone.told).toEqual(['metro-9.metro-b.oca.example.com. A 203.0.113.9']);
});

test('nothing but plain address records two labels below the domain is looked at or touched', async () => {
  const theirs = [
    { name: 'example.com.', type: 'A', ttlSeconds: 300, values: ['203.0.113.200'] },
    { name: 'cf-edge.example.com.', type: 'A', aliasTo: 'd1.cloudfront.net.' },
    { name: 'oca.example.com.', type: 'A', ttlSeconds: 300, values: ['203.0.113.201'] },
    { name: 'metro.oca.example.com.', type: 'A', ttlSeconds: 300, values: ['203.0.113.202'] },
    { name: 'x.metro-1.metro.oca.example.com.', type: 'A', ttlSeconds: 1, values: ['203.0.113.4'] },
    { name: 'aliased.metro.oca.example.com.', type: 'A', aliasTo: 'elsewhere.example.com.' },
    {
      name: '_acme-challenge.metro-1.metro.oca.example.com.',
      type: 'TXT',
      ttlSeconds: 60,
      values: ['"token"'],
    },
    { name: 'play.example.com.', type: 'A', aliasTo: 'na.play.example.com.' },
  ];
  for (const record of theirs) zone.put(record);
  const before = zone.told;
  await declare('metro', {});
  await reconcile({});
  expect(zone.told).toEqual(before);
  expect(zone.batches).toEqual([]);
});

test('every night all sites are put right: what was missed, and what nobody declares any more', async () => {
  zone.put({
    name: 'old-1.gone.oca.example.com.',
    type: 'A',
    ttlSeconds: 60,
    values: ['203.0.113.3'],
  });
  await declare('metro', { 'metro-1': { ipv4: '203.0.113.1' } });
  await declare('exchange', { 'exchange-1': { ipv6: '2001:db8::5' } });
  await reconcile({});
  expect(zone.told).toEqual([
    'exchange-1.exchange.oca.example.com. AAAA 2001:db8::5',
    'metro-1.metro.oca.example.com. A 203.0.113.1',
  ]);
});

test('a large site is listed in pages and written in batches that Route 53 takes', async () => {
  zone.pageSize = 170;
  const ids = Array.from({ length: 900 }, (_, index) => `oca-${index}`);
  const addressed = (offset: number) =>
    Object.fromEntries(
      ids.map((id, index) => [
        id,
        {
          ipv4: `203.${offset}.${index >> 8}.${index & 255}`,
          ipv6: `2001:db8:${offset}::${index}`,
        },
      ]),
    );
  await declare('metro', addressed(1));
  await changed('metro');
  expect(zone.told).toHaveLength(1800);
  expect(Math.max(...zone.batches.map((batch) => batch.length))).toBe(400);
  await declare('metro', { 'oca-0': { ipv4: '203.1.0.0' } });
  await changed('metro');
  expect(zone.told).toEqual(['oca-0.metro.oca.example.com. A 203.1.0.0']);
});

test('a change that comes while the records are written is not lost', async () => {
  await declare('metro', { 'metro-1': { ipv4: '203.0.113.1' } });
  zone.beforeChange = async () => {
    zone.beforeChange = async () => undefined;
    await declare('metro', { 'metro-1': { ipv4: '203.0.113.2' } });
    await changed('metro');
  };
  await changed('metro');
  expect(zone.told).toEqual(['metro-1.metro.oca.example.com. A 203.0.113.2']);
});

test('a zone that does not answer makes the event come again', async () => {
  await zone.stop();
  await declare('metro', { 'metro-1': { ipv4: '203.0.113.1' } });
  await expect(changed('metro')).rejects.toThrow();
});
