import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import { CONTENT_BUCKET, type ControlPlaneUnderTest, OPERATOR } from './control-plane.ts';

/** Clients of the ISP site, and of nobody but the exchange. */
export const ISP_CLIENT = '198.51.100.20';
export const OTHER_CLIENT = '203.0.113.9';

/** Two OCAs in an ISP, one at an exchange: the fleet of the example configuration. */
export const SITES = [
  {
    siteId: 'isp-metro',
    name: 'Metro ISP',
    kind: 'isp',
    location: { latitude: 52.5, longitude: 13.4 },
    timeZone: 'Europe/Berlin',
    footprint: ['198.51.100.0/24', '2001:db8:1::/48'],
    ...fill(),
    ocas: declarations('metro-1', 'metro-2'),
  },
  {
    siteId: 'ixp-exchange',
    name: 'Exchange',
    kind: 'ixp',
    location: { latitude: 50.1, longitude: 8.7 },
    timeZone: 'Europe/Berlin',
    footprint: ['0.0.0.0/0', '::/0'],
    ...fill(),
    ocas: declarations('exchange-1'),
  },
] as const;

export const OCAS = [
  { ocaId: 'metro-1', siteId: 'isp-metro' },
  { ocaId: 'metro-2', siteId: 'isp-metro' },
  { ocaId: 'exchange-1', siteId: 'ixp-exchange' },
] as const;

export const assetIdOf = (name: string) => createHash('sha256').update(name).digest('hex');

export async function declareSites(plane: ControlPlaneUnderTest): Promise<void> {
  for (const site of SITES) {
    const answer = await plane.control('PUT', `/v1/sites/${site.siteId}`, {
      as: OPERATOR,
      body: site,
    });
    expect(answer.status).toBe(200);
  }
}

export const registration = (ocaId: string, siteId: string, overrides: object = {}) => ({
  version: 1,
  ocaId,
  siteId,
  bootId: 'boot-0001',
  softwareVersion: '0.1.0',
  deliveryUrl: `https://${ocaId}.oca.test`,
  disks: [
    { diskId: 'flash-a', tier: 'flash', capacityBytes: 64 * 2 ** 20 },
    { diskId: 'hdd-a', tier: 'hdd', capacityBytes: 128 * 2 ** 20 },
  ],
  ...overrides,
});

export const report = (ocaId: string, overrides: object = {}) => ({
  version: 1,
  ocaId,
  bootId: 'boot-0001',
  sequence: 1,
  sentAt: 1_800_000_000_000,
  state: 'in-service',
  reasons: [],
  load: { egressBitsPerSecond: 0, connections: 0 },
  tiers: [],
  disks: [],
  delivery: {
    requests: 0,
    hits: 0,
    misses: 0,
    refusals: 0,
    failures: 0,
    hitBytes: 0,
    missBytes: 0,
  },
  fill: { state: 'idle', assetsDone: 0, assetsTotal: 0, bytesDone: 0, bytesTotal: 0, fetched: [] },
  inventoryDigest: '0'.repeat(64),
  ...overrides,
});

export async function register(plane: ControlPlaneUnderTest): Promise<void> {
  for (const { ocaId, siteId } of OCAS) {
    const body = registration(ocaId, siteId);
    const answer = await plane.control('PUT', `/v1/ocas/${ocaId}`, {
      as: ocaId,
      body,
    });
    expect(answer.status).toBe(200);
  }
}

/** Every OCA named reports; the others stay silent. */
export async function reportAll(
  plane: ControlPlaneUnderTest,
  sequence: number,
  ocaIds: readonly string[] = OCAS.map((oca) => oca.ocaId),
): Promise<void> {
  for (const ocaId of ocaIds) {
    const body = report(ocaId, { sequence });
    const options = { as: ocaId, body };
    expect((await plane.control('POST', `/v1/ocas/${ocaId}/reports`, options)).status).toBe(200);
  }
}

export const MPD = `<?xml version="1.0" encoding="utf-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT60S">
  <ProgramInformation><Title>City</Title></ProgramInformation>
  <Period id="0">
    <AdaptationSet contentType="video">
      <Representation id="0" bandwidth="170000"><BaseURL>video-180p.mp4</BaseURL></Representation>
    </AdaptationSet>
  </Period>
</MPD>
`;

export const PLAYLIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=270000,CODECS="avc1.64000c,mp4a.40.2",AUDIO="aac"
video-180p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1150000,CODECS="avc1.64001e,mp4a.40.2",AUDIO="aac"
video-404p.m3u8
`;

const FILES = {
  'manifest.mpd': 3_000,
  'main.m3u8': 500,
  'video-180p.mp4': 1_300_000,
  'video-404p.mp4': 8_300_000,
  'audio.mp4': 800_000,
};

export const catalog = (titleId = 'city', overrides: object = {}) => ({
  version: 1,
  titleId,
  name: 'City at night',
  durationSeconds: 64,
  publishedAt: 1_799_999_000_000,
  dash: 'manifest.mpd',
  hls: 'main.m3u8',
  tracks: [
    track('v180', 'video', 170_000, 'video-180p.mp4'),
    track('v404', 'video', 1_050_000, 'video-404p.mp4'),
    { ...track('a', 'audio', 96_000, 'audio.mp4'), language: 'en' },
  ],
  assets: Object.entries(FILES).map(([file, sizeBytes]) => ({
    assetId: assetIdOf(`${titleId}/${file}`),
    file,
    sizeBytes,
    contentType: 'application/octet-stream',
    etag: `"${assetIdOf(file).slice(0, 32)}"`,
  })),
  credit: 'CC0',
  ...overrides,
});

/** Puts a title's catalog and manifests where publish puts them, and tells catalog-ingest of it. */
export async function publish(
  plane: ControlPlaneUnderTest,
  titleId = 'city',
  overrides: object = {},
) {
  await plane.putContent(`content/${titleId}/manifest.mpd`, MPD);
  await plane.putContent(`content/${titleId}/main.m3u8`, PLAYLIST);
  const key = `catalog/${titleId}.json`;
  await plane.putContent(key, JSON.stringify(catalog(titleId, overrides)));
  await plane.ingest(catalogCreated(key));
}

export const catalogCreated = (key: string, bucket = CONTENT_BUCKET) => ({
  detail: { bucket: { name: bucket }, object: { key } },
});

/** The OCA says that it holds these files of a title; all of them unless told. */
export async function hold(
  plane: ControlPlaneUnderTest,
  ocaId: string,
  files: readonly string[] = Object.keys(FILES),
  titleId = 'city',
): Promise<void> {
  const assetIds = files.map((file) => assetIdOf(`${titleId}/${file}`));
  const digest = createHash('sha256').update(assetIds.join()).digest('hex');
  const body = { version: 1, ocaId, digest, titles: [{ titleId, assetIds }] };
  const options = { as: ocaId, body };
  expect((await plane.control('PUT', `/v1/ocas/${ocaId}/inventory`, options)).status).toBe(204);
}

/** All of it: sites, OCAs, a title that every OCA holds, and reports of now. */
export async function fleetInService(plane: ControlPlaneUnderTest): Promise<void> {
  await declareSites(plane);
  await register(plane);
  await publish(plane);
  for (const { ocaId } of OCAS) await hold(plane, ocaId);
  await reportAll(plane, 1);
}

function track(trackId: string, kind: string, bandwidthBitsPerSecond: number, file: string) {
  return {
    trackId,
    kind,
    profile: trackId,
    codecs: 'avc1.64001e',
    bandwidthBitsPerSecond,
    files: [file],
  };
}

function fill() {
  const rates = { ocaBitsPerSecond: 1_200_000_000, siteBitsPerSecond: 2_400_000_000 };
  return { fill: { windowStart: '02:00', windowEnd: '14:00', ...rates } };
}

function declarations(...ocaIds: string[]) {
  return ocaIds.map((ocaId) => ({ ocaId }));
}
