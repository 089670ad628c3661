import { expect, test } from '@jest/globals';
import type { TitleId } from '#domain/ids.ts';
import { type Decoder, decode } from '#protocol/decode.ts';
import { fillSources, fillSourcesRequest } from '#protocol/fill-sources.ts';
import { importKeys, keySet } from '#protocol/key-set.ts';
import { ocaInventory } from '#protocol/oca-inventory.ts';
import { ocaRegistration, registrationReceipt } from '#protocol/oca-registration.ts';
import { ocaReport, reportReceipt } from '#protocol/oca-report.ts';
import { playbackSession, titleList } from '#protocol/playback.ts';
import { site } from '#protocol/site.ts';
import { CATALOG_KEY_PATTERN, catalogKey, titleCatalog } from '#protocol/title-catalog.ts';

const SHA256 = 'ab'.repeat(32);
const examples: [string, Decoder<unknown>, Record<string, unknown>][] = [
  [
    'a registration',
    ocaRegistration,
    {
      version: 1,
      ocaId: 'metro-1',
      siteId: 'isp-metro',
      bootId: '0a1b2c3d-4e5f',
      softwareVersion: '0.1.0',
      deliveryUrl: 'https://metro-1.isp-metro.oca.example.com',
      disks: [{ diskId: 'flash-1', tier: 'flash', capacityBytes: 7.68e12 }],
    },
  ],
  [
    'a registration receipt',
    registrationReceipt,
    {
      desiredState: 'in-service',
      reportIntervalSeconds: 2,
      planPollSeconds: 5,
      cloudFrontUrl: 'https://cf-edge.example.com',
      tokenIssuer: 'https://play.example.com',
    },
  ],
  [
    'a report',
    ocaReport,
    {
      version: 1,
      ocaId: 'metro-1',
      bootId: '0a1b2c3d-4e5f',
      sequence: 1,
      sentAt: 1_790_000_000_000,
      state: 'in-service',
      reasons: [],
      load: { egressBitsPerSecond: 1e9, connections: 3 },
      tiers: [{ tier: 'hdd', capacityBytes: 1, usedBytes: 0, assetCount: 0 }],
      disks: [{ diskId: 'hdd-1', tier: 'hdd', state: 'healthy', capacityBytes: 1, usedBytes: 0 }],
      delivery: {
        requests: 0,
        hits: 0,
        misses: 0,
        refusals: 0,
        failures: 0,
        hitBytes: 0,
        missBytes: 0,
      },
      fill: {
        state: 'idle',
        assetsDone: 0,
        assetsTotal: 0,
        bytesDone: 0,
        bytesTotal: 0,
        fetched: [],
      },
      inventoryDigest: SHA256,
    },
  ],
  ['a report receipt', reportReceipt, { desiredState: 'draining', planVersion: 3 }],
  [
    'an inventory',
    ocaInventory,
    {
      version: 1,
      ocaId: 'metro-1',
      digest: SHA256,
      titles: [{ titleId: 'city', assetIds: [SHA256] }],
    },
  ],
  ['a request for sources', fillSourcesRequest, { assetIds: [SHA256] }],
  [
    'sources',
    fillSources,
    {
      token: 'a.b.c',
      sources: [
        {
          sourceId: 'metro-2',
          kind: 'peer',
          baseUrl: 'http://127.0.0.12:8080',
          reason: 'same site',
          waitSeconds: 120,
        },
      ],
      assets: [{ assetId: SHA256, sourceIds: ['metro-2', 'cloudfront'] }],
    },
  ],
  [
    'a site',
    site,
    {
      siteId: 'isp-metro',
      name: 'Metro ISP',
      kind: 'isp',
      location: { latitude: 40.7, longitude: -74 },
      timeZone: 'America/New_York',
      footprint: ['198.51.100.0/24'],
      fill: {
        windowStart: '02:00',
        windowEnd: '14:00',
        ocaBitsPerSecond: 1.2e9,
        siteBitsPerSecond: 4.8e9,
      },
      ocas: [
        { ocaId: 'metro-1', address: { ipv4: '203.0.113.7', ipv6: '2001:db8::7' } },
        { ocaId: 'i-0abc', enrolledFrom: 'ec2' },
      ],
    },
  ],
  [
    'a title catalog',
    titleCatalog,
    {
      version: 1,
      titleId: 'city',
      name: 'City',
      durationSeconds: 64,
      publishedAt: 1_790_000_000_000,
      dash: 'manifest.mpd',
      tracks: [
        {
          trackId: '0',
          kind: 'video',
          profile: 'h264-404p',
          codecs: 'avc1.64001e',
          bandwidthBitsPerSecond: 1_050_000,
          files: ['video.mp4'],
        },
      ],
      assets: [
        { assetId: SHA256, file: 'video.mp4', sizeBytes: 8, contentType: 'video/mp4', etag: '"e"' },
      ],
    },
  ],
  ['a title list', titleList, { titles: [{ titleId: 'city', name: 'City', durationSeconds: 64 }] }],
  [
    'a playback session',
    playbackSession,
    {
      sessionId: 's',
      expiresAt: 1_790_000_000_000,
      dashUrl: 'http://127.0.0.1/v1/playback/city/manifest.mpd?session=t',
      steeringUrl: 'http://127.0.0.1:8080/v1/steering/dash?session=t',
      pathways: [{ id: 'cloudfront', layer: 'cloudfront', host: '127.0.0.21:8080' }],
      video_tracks: [],
      audio_tracks: [],
    },
  ],
];

test.each(examples)('%s survives the wire unchanged', (_name, decoder, message) => {
  expect(decode(decoder, JSON.parse(JSON.stringify(message)))).toEqual({
    ok: true,
    value: message,
  });
});

const requiredFields = examples.flatMap(([name, decoder, message]) =>
  Object.keys(message)
    .filter((field) => !['planVersion', 'dashUrl', 'dash'].includes(field))
    .map((field) => [name, field, decoder, message] as const),
);

test.each(requiredFields)(
  '%s without its %s is refused, and the fault names it',
  (_name, field, decoder, message) => {
    const { [field]: _removed, ...rest } = message;
    const decoded = decode(decoder, rest);
    expect(decoded.ok ? [] : decoded.faults.map((fault) => fault.path.split('.')[0])).toContain(
      field,
    );
  },
);

test('the key of a catalog names its title', () => {
  expect(CATALOG_KEY_PATTERN.exec(catalogKey('city-at-night' as TitleId))?.[1]).toBe(
    'city-at-night',
  );
  expect(CATALOG_KEY_PATTERN.test('catalog/a/b.json')).toBe(false);
});

test('keys of one purpose are never used for another', async () => {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const { x = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const base = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x };
  const decoded = decode(keySet, {
    keys: [
      { ...base, kid: 'session-1', purpose: 'session-token' },
      { ...base, kid: 'plan-1', purpose: 'fill-plan' },
    ],
  });
  const keys = decoded.ok ? decoded.value.keys : [];
  expect([...(await importKeys(keys, 'fill-plan')).keys()]).toEqual(['plan-1']);
});

test('a registration may tell public addresses, and no others', () => {
  const [, , message] = examples.find(([name]) => name === 'a registration') ?? [];
  const withAddresses = (addresses: unknown) =>
    decode(ocaRegistration, { ...(message as object), addresses });
  for (const addresses of [{}, { ipv4: '203.0.113.7' }, { ipv6: '2001:db8::7' }]) {
    expect(withAddresses(addresses)).toMatchObject({ ok: true, value: { addresses } });
  }
  for (const addresses of [{ ipv4: '127.0.0.1' }, { ipv4: '2001:db8::7' }, { ipv6: '::1' }, []]) {
    expect(withAddresses(addresses).ok).toBe(false);
  }
});
