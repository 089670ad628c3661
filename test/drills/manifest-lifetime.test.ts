import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { noise } from '../local/edge/edge-harness.ts';
import { ask, Deployment } from './support/deployment.ts';

const DAY_SECONDS = 86_400;
let nowMs = Date.now();
let cdn: Deployment;
let token: string;

beforeAll(async () => {
  cdn = await Deployment.start({ now: () => nowMs });
  token = await cdn.token(['movie1']);
});
afterAll(() => cdn.stop());
beforeEach(() => {
  cdn.gate('content').seen.length = 0;
});

const pass = (seconds: number) => {
  nowMs += seconds * 1000;
};
const get = async (path: string) => (await ask(cdn.edge.url, `/~${token}${path}`)).body.toString();
const fetches = () => cdn.gate('content').seen.length;

test.each([
  ['an MPD', 'manifest.mpd', 'application/dash+xml'],
  ['a playlist', 'main.m3u8', 'application/vnd.apple.mpegurl'],
  ['a manifest in a folder', 'audio/en/main.m3u8', 'application/vnd.apple.mpegurl'],
])(
  '%s that is published anew is seen after five minutes, and not asked for before',
  async (_, file, type) => {
    const path = `/content/movie1/${file}`;
    await cdn.publish(path, 'first', { ContentType: type });
    expect(await get(path)).toBe('first');
    await cdn.publish(path, 'second', { ContentType: type });
    pass(299);
    expect([await get(path), fetches()]).toEqual(['first', 1]);
    pass(2);
    expect([await get(path), fetches()]).toEqual(['second', 2]);
  },
);

test('a publisher who says that a manifest lives for a year is not believed', async () => {
  const path = '/content/movie1/stubborn.mpd';
  const forever = { ContentType: 'application/dash+xml', CacheControl: 'max-age=31536000' };
  await cdn.publish(path, 'first', forever);
  expect(await get(path)).toBe('first');
  await cdn.publish(path, 'second', forever);
  pass(301);
  expect(await get(path)).toBe('second');
});

test('a manifest that has not changed is confirmed, not sent again', async () => {
  const path = '/content/movie1/same.mpd';
  await cdn.publish(path, 'same', { ContentType: 'application/dash+xml' });
  await get(path);
  pass(301);
  const reply = await ask(cdn.edge.url, `/~${token}${path}`);
  expect([reply.body.toString(), reply.headers['x-cache']]).toEqual([
    'same',
    'RefreshHit from cloudfront',
  ]);
});

test('a media file lives for a year: it is not asked for again while its manifests are', async () => {
  const path = '/content/movie1/video.mp4';
  const media = noise(30_000, 4);
  await cdn.publish(path, media, { ContentType: 'video/mp4' });
  await get(path);
  pass(364 * DAY_SECONDS);
  const reply = await ask(cdn.edge.url, `/~${token}${path}`);
  expect([reply.body.equals(media), fetches()]).toEqual([true, 1]);
  pass(2 * DAY_SECONDS);
  await ask(cdn.edge.url, `/~${token}${path}`);
  expect(fetches()).toBe(2);
});

test('a file that is missing is missing for ten seconds at most', async () => {
  const path = '/content/movie1/late.mp4';
  const status = async () => (await ask(cdn.edge.url, `/~${token}${path}`)).status;
  expect(await status()).toBe(404);
  await cdn.publish(path, 'here now');
  pass(9);
  expect([await status(), fetches()]).toEqual([404, 1]);
  pass(2);
  expect(await status()).toBe(200);
});
