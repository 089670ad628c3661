import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { TitleId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { titleStore } from '../../../lambda/shared/stores/title-store.ts';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { assetIdOf, catalog, catalogCreated, publish } from '../support/fleet.ts';

const CITY = 'city' as TitleId;
let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.stop());

const store = () => titleStore(plane.dynamoDb, 'titles');
const record = async () => (await store().records([CITY])).get(CITY);
const ingest = async (body: unknown, key = 'catalog/city.json') => {
  await plane.putContent(key, typeof body === 'string' ? body : JSON.stringify(body));
  await plane.ingest(catalogCreated(key));
};
const lastLogged = () => plane.logged.at(-1);
const publishedEvents = () =>
  plane.events.filter((event) => event['detail-type'] === 'Title Published');

test('an object that is no catalog, or in another bucket, is left alone', async () => {
  await plane.ingest(catalogCreated('catalog/City.JSON'));
  await plane.ingest(catalogCreated('catalog/city.json', 'another-bucket'));
  expect(plane.logged.map((line) => line.event)).toEqual(['catalog.ignored', 'catalog.ignored']);
});

test('a catalog that is gone again is logged', async () => {
  await plane.ingest(catalogCreated('catalog/city.json'));
  expect(lastLogged()).toMatchObject({
    level: 'error',
    event: 'catalog.absent',
    facts: { key: 'catalog/city.json' },
  });
  expect(await record()).toBeUndefined();
});

test.each([
  ['that is not JSON', '{', 'expected JSON'],
  ['without tracks', { ...catalog(), tracks: undefined }, 'tracks'],
  ['of another title', catalog('harbor'), 'titleId: expected city, as the key says'],
  ['without a manifest', catalog('city', { dash: undefined, hls: undefined }), 'neither'],
  ['whose MPD is not among its assets', catalog('city', { dash: 'other.mpd' }), 'other.mpd'],
  [
    'whose track names an absent file',
    catalog('city', { tracks: [{ ...catalog().tracks[0], files: ['ghost.mp4'] }] }),
    'ghost.mp4',
  ],
  [
    'that names a file twice',
    catalog('city', { assets: [...catalog().assets, ...catalog().assets] }),
    'twice',
  ],
])('a catalog %s is refused, and what was there stays', async (_, body, reason) => {
  await publish(plane);
  await ingest(body);
  expect(lastLogged()).toMatchObject({ level: 'error', event: 'catalog.refused' });
  expect(JSON.stringify(lastLogged()?.facts)).toContain(reason);
  expect(await record()).toMatchObject({ name: 'City at night' });
  expect(publishedEvents()).toHaveLength(1);
});

test('a title is taken up whole, and the bus is told', async () => {
  await publish(plane);
  const title = await record();
  expect(title).toMatchObject({ name: 'City at night', assetCount: 5, totalBytes: 10_403_500 });
  expect(title?.tracks.map((track) => track.firstFile)).toEqual([
    'video-180p.mp4',
    'video-404p.mp4',
    'audio.mp4',
  ]);
  const assets = title ? await store().assets(title) : [];
  expect(assets.map((asset) => [asset.file, asset.trackId])).toEqual([
    ['manifest.mpd', undefined],
    ['main.m3u8', undefined],
    ['video-180p.mp4', 'v180'],
    ['video-404p.mp4', 'v404'],
    ['audio.mp4', 'a'],
  ]);
  expect(publishedEvents()).toEqual([
    { 'detail-type': 'Title Published', detail: { titleId: 'city' } },
  ]);
});

test('the same event twice leaves the same title', async () => {
  await publish(plane);
  const before = await record();
  await plane.ingest(catalogCreated('catalog/city.json'));
  expect(await record()).toEqual(before);
});

const manyFiles = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    assetId: assetIdOf(`segment-${index}`),
    file: `seg/${index}.m4s`,
    sizeBytes: 1000,
    contentType: 'video/iso.segment',
    etag: '"e"',
  }));
const long = (count: number, publishedAt: number) =>
  catalog('city', { publishedAt, assets: [...catalog().assets, ...manyFiles(count)] });

test('a title of thousands of files is taken up whole, and a later one replaces every part of it', async () => {
  await ingest(long(1500, 1_799_999_000_000));
  const first = await record();
  expect(first && (await store().assets(first))).toHaveLength(1505);
  await ingest(long(3, 1_799_999_000_001));
  const second = await record();
  expect(second && (await store().assets(second))).toHaveLength(8);
  if (first) await expect(store().assets(first)).rejects.toMatchObject({ code: 'title-not-found' });
});

test('an earlier publication that arrives late is dropped, with all that it wrote', async () => {
  await ingest(long(2, 1_799_999_000_005));
  await ingest(long(900, 1_799_999_000_001));
  expect(lastLogged()?.event).toBe('catalog.superseded');
  const title = await record();
  expect(title?.publishedAt).toBe(1_799_999_000_005);
  expect(title && (await store().assets(title))).toHaveLength(7);
  const late = { ...title, publishedAt: epochMs(1_799_999_000_001), assetCount: 0 };
  expect(await store().assets(late as NonNullable<typeof title>)).toEqual([]);
  expect(publishedEvents()).toHaveLength(1);
});
