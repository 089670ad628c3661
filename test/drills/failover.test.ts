import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { noise } from '../local/edge/edge-harness.ts';
import { ask, Deployment } from './support/deployment.ts';

const media = noise(700_000, 1);
let cdn: Deployment;
let token: string;

beforeAll(async () => {
  cdn = await Deployment.start();
  token = await cdn.token(['movie1']);
});
afterAll(() => cdn.stop());
beforeEach(() => {
  for (const kind of ['content', 'assets'] as const) {
    for (const which of ['primary', 'replica'] as const) {
      const gate = cdn.gate(kind, which);
      gate.seen.length = 0;
      gate.status = undefined;
    }
  }
});

test.each([500, 502, 503, 504])(
  'when the primary origin answers %d the replica is served, the same byte for byte',
  async (status) => {
    const path = `/content/movie1/failing-${status}.mp4`;
    await cdn.publish(path, media, { ContentType: 'video/mp4' });
    cdn.gate('content').status = status;
    const reply = await ask(cdn.edge.url, `/~${token}${path}`);
    expect([reply.status, reply.body.equals(media)]).toEqual([200, true]);
    expect(reply.headers['content-type']).toBe('video/mp4');
    expect(cdn.gate('content').seen.length).toBeGreaterThan(0);
    expect(cdn.gate('content', 'replica').seen).toHaveLength(1);
  },
);

test('the object is the same whichever origin gave it: a viewer cannot tell by its fields', async () => {
  for (const name of ['before.mp4', 'during.mp4']) {
    await cdn.publish(`/content/movie1/${name}`, media, { ContentType: 'video/mp4' });
  }
  const before = await ask(cdn.edge.url, `/~${token}/content/movie1/before.mp4`);
  cdn.gate('content').status = 503;
  const during = await ask(cdn.edge.url, `/~${token}/content/movie1/during.mp4`);
  for (const field of [
    'etag',
    'content-length',
    'content-type',
    'cache-control',
    'accept-ranges',
  ]) {
    expect([field, during.headers[field]]).toEqual([field, before.headers[field]]);
  }
});

test('a range of a file that fails over is that range', async () => {
  await cdn.publish('/content/movie1/range.mp4', media);
  cdn.gate('content').status = 503;
  const reply = await ask(cdn.edge.url, `/~${token}/content/movie1/range.mp4`, {
    headers: { range: 'bytes=300000-399999' },
  });
  expect([reply.status, reply.headers['content-range']]).toEqual([
    206,
    'bytes 300000-399999/700000',
  ]);
  expect(reply.body.equals(media.subarray(300_000, 400_000))).toBe(true);
});

test('artwork fails over as media does', async () => {
  await cdn.publish('/images/poster.jpg', media, { ContentType: 'image/jpeg' });
  cdn.gate('assets').status = 503;
  const reply = await ask(cdn.edge.url, '/images/poster.jpg');
  expect([reply.status, reply.body.equals(media)]).toEqual([200, true]);
});

test('what the primary lacks is not looked for elsewhere', async () => {
  const reply = await ask(cdn.edge.url, `/~${token}/content/movie1/none.mp4`);
  expect([reply.status, reply.code]).toEqual([404, 'asset-not-found']);
  expect(cdn.gate('content', 'replica').seen).toEqual([]);
});

test('with both origins failing the viewer is told so, and asked to come to another pathway', async () => {
  await cdn.publish('/content/movie1/both.mp4', media);
  cdn.gate('content').status = 503;
  cdn.gate('content', 'replica').status = 503;
  const reply = await ask(cdn.edge.url, `/~${token}/content/movie1/both.mp4`, {
    headers: { origin: 'https://page.example' },
  });
  expect([reply.status, reply.code]).toEqual([503, 'out-of-service']);
  expect(reply.headers['access-control-allow-origin']).toBe('*');
});
