import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { noise } from '../local/edge/edge-harness.ts';
import { ask, Deployment } from './support/deployment.ts';

const picture = noise(40_000, 5);
const DAY_SECONDS = 86_400;
let nowMs = Date.now();
let cdn: Deployment;
let token: string;

beforeAll(async () => {
  cdn = await Deployment.start({ now: () => nowMs, hasOca: true });
  token = await cdn.token(['movie1']);
});
afterAll(() => cdn.stop());
beforeEach(() => {
  for (const kind of ['content', 'assets'] as const) cdn.gate(kind).seen.length = 0;
});

const pass = (seconds: number) => {
  nowMs += seconds * 1000;
};

test('artwork needs no token, and one that is there, good or not, changes nothing: one object', async () => {
  await cdn.publish('/images/movie1/poster.jpg', picture, { ContentType: 'image/jpeg' });
  for (const prefix of ['', `/~${token}`, '/~', '/~nonsense', `/~${await cdn.token(['other'])}`]) {
    for (const [server, url] of cdn.servers) {
      const reply = await ask(url, `${prefix}/images/movie1/poster.jpg`);
      expect([server, reply.status, reply.body.equals(picture)]).toEqual([server, 200, true]);
      expect(reply.headers['content-type']).toBe('image/jpeg');
    }
  }
  expect(cdn.gate('assets').seen).toEqual(['GET /images/movie1/poster.jpg']);
  expect(cdn.gate('content').seen).toEqual([]);
});

test('artwork lives for thirty days, by both of its paths', async () => {
  const path = '/images/movie1/backdrop.jpg';
  await cdn.publish(path, 'first', { ContentType: 'image/jpeg' });
  const get = async (prefix: string) => (await ask(cdn.edge.url, prefix + path)).body.toString();
  expect(await get('')).toBe('first');
  await cdn.publish(path, 'second', { ContentType: 'image/jpeg' });
  pass(30 * DAY_SECONDS - 1);
  expect([await get(`/~${token}`), await get('')]).toEqual(['first', 'first']);
  pass(2);
  expect(await get(`/~${token}`)).toBe('second');
});

test('a publisher who forbids caching is overruled: artwork is asked for at most once an hour', async () => {
  const path = '/images/movie1/thumb.jpg';
  await cdn.publish(path, 'thumb', { ContentType: 'image/jpeg', CacheControl: 'no-store' });
  await ask(cdn.edge.url, path);
  pass(3599);
  await ask(cdn.edge.url, path);
  expect(cdn.gate('assets').seen).toHaveLength(1);
});

test('a folder called images inside a title is the title’s: without a token it stays closed', async () => {
  const path = '/content/movie1/images/chapter-1.jpg';
  await cdn.publish(path, picture, { ContentType: 'image/jpeg' });
  for (const [server, url] of cdn.servers) {
    const closed = await ask(url, path);
    expect([server, closed.status, closed.code]).toEqual([server, 401, 'token-missing']);
    const open = await ask(url, `/~${token}${path}`);
    expect([server, open.status, open.body.equals(picture)]).toEqual([server, 200, true]);
  }
  expect(cdn.gate('assets').seen).toEqual([]);
});

test('artwork that is missing is a problem document with nothing of S3 in it', async () => {
  for (const [server, url] of cdn.servers) {
    const reply = await ask(url, '/images/none.jpg');
    expect([server, reply.status, reply.code]).toEqual([server, 404, 'asset-not-found']);
    expect(reply.body.toString()).not.toMatch(/amazonaws|NoSuchKey|distributary-/);
  }
});

test.each([
  '/images/',
  '/images/../content/movie1/a.mp4',
  '/images/%2e%2e/a.jpg',
  '/images//a.jpg',
])('%s is no picture', async (path) => {
  for (const [server, url] of cdn.servers) {
    const reply = await ask(url, path);
    expect([server, reply.status, reply.code]).toEqual([server, 400, 'path-invalid']);
  }
});
