import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { noise } from '../local/edge/edge-harness.ts';
import { until } from '../oca-agent/fixtures/until.ts';
import { ask, Deployment, type Reply } from './support/deployment.ts';

const VIEWERS = 60;
const media = noise(400_000, 7);
let cdn: Deployment;
let locations: string[];

beforeAll(async () => {
  cdn = await Deployment.start({ hasOca: true });
  const address = { host: '127.0.0.1', port: 0 };
  const others = [await cdn.edge.startLocation(address), await cdn.edge.startLocation(address)];
  locations = [cdn.edge.url, ...others.map(({ url }) => url)];
});
afterAll(() => cdn.stop());
beforeEach(() => {
  cdn.gate('content').seen.length = 0;
});

/** Holds the origin shut until somebody has asked it, so that the others meet a fetch that is under way. */
async function whileShut<T>(work: () => Promise<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const gate = cdn.gate('content');
  gate.opens = promise;
  const working = work();
  await until(() => gate.seen.length > 0, 'a request to the origin').finally(resolve);
  return working;
}

const collapsed = (replies: readonly Reply[]) =>
  replies.filter(({ headers }) => headers['cache-status']?.includes('collapsed'));

/** Every viewer has a session of its own. */
const viewers = (urls: readonly string[], path: string, headers: Record<string, string> = {}) =>
  Promise.all(
    Array.from({ length: VIEWERS }, async (_, index) => {
      const token = await cdn.token(['movie1'], { sid: `viewer-${index}` });
      return ask(urls[index % urls.length] ?? '', `/~${token}${path}`, { headers });
    }),
  );

test('sixty viewers at three edge locations who want one file at once cost the origin one request', async () => {
  const path = '/content/movie1/premiere.mp4';
  await cdn.publish(path, media, { ContentType: 'video/mp4' });
  const replies = await whileShut(() => viewers(locations, path));
  expect(replies.filter(({ status, body }) => status === 200 && body.equals(media))).toHaveLength(
    VIEWERS,
  );
  expect(collapsed(replies).length).toBeGreaterThan(0);
  expect(cdn.gate('content').seen).toEqual([`GET ${path}`]);
});

test('sixty viewers of one OCA cost the edge one request, and the origin one', async () => {
  const path = '/content/movie1/at-the-isp.mp4';
  await cdn.publish(path, media, { ContentType: 'video/mp4' });
  const before = cdn.edge.stats().requests;
  const replies = await whileShut(() => viewers([cdn.oca?.url ?? ''], path));
  expect(replies.filter(({ status, body }) => status === 200 && body.equals(media))).toHaveLength(
    VIEWERS,
  );
  expect(cdn.edge.stats().requests - before).toBe(1);
  expect(cdn.gate('content').seen).toEqual([`GET ${path}`]);
});

test('N locations and M files cost M requests, not N times M', async () => {
  const paths = Array.from({ length: 5 }, (_, index) => `/content/movie1/part-${index}.mp4`);
  for (const path of paths) await cdn.publish(path, media);
  const token = await cdn.token(['movie1']);
  for (const url of locations) {
    for (const path of paths) {
      expect((await ask(url, `/~${token}${path}`)).body.equals(media)).toBe(true);
    }
  }
  expect(cdn.gate('content').seen.toSorted()).toEqual(paths.map((path) => `GET ${path}`));
});

test('sixty viewers who want a file that is not there cost one request as well', async () => {
  const replies = await whileShut(() => viewers(locations, '/content/movie1/none.mp4'));
  expect(new Set(replies.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(['404 asset-not-found']),
  );
  expect(cdn.gate('content').seen).toHaveLength(1);
});
