import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { assetEtag } from '#domain/delivery/asset-etag.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { isNginxPlane } from '../fixtures/data-plane.ts';
import { OCA_ID, TestSite } from '../fixtures/test-agent.ts';

const content = seededBytes(1, 1_300_000);
const path = '/content/title-1/video-720p.mp4';
let site: TestSite;
let etag: string;
let upstreamEtag: string;

beforeAll(async () => {
  site = await TestSite.start();
  const stored = site.cloudFront.put('title-1', 'video-720p.mp4', content);
  etag = assetEtag(stored.sha256, content.length);
  upstreamEtag = stored.etag;
  await site.store('title-1', 'video-720p.mp4');
});
afterAll(() => site.stop());

const slice = (first: number, last: number) => content.subarray(first, last + 1);
const last = content.length - 1;

/** Source of the vectors: RFC 9110, sections 13 and 14. */
const bodies: [name: string, headers: Record<string, string>, status: number, body: Buffer][] = [
  ['no range', {}, 200, content],
  ['a first-last range', { range: 'bytes=100-199' }, 206, slice(100, 199)],
  ['one byte', { range: 'bytes=0-0' }, 206, slice(0, 0)],
  ['the last byte', { range: `bytes=${last}-${last}` }, 206, slice(last, last)],
  ['an open range', { range: 'bytes=1299000-' }, 206, slice(1_299_000, last)],
  ['a suffix', { range: 'bytes=-5' }, 206, slice(last - 4, last)],
  ['a suffix longer than the file', { range: 'bytes=-99999999' }, 206, content],
  [
    'a last position beyond the end',
    { range: 'bytes=1299990-9999999' },
    206,
    slice(1_299_990, last),
  ],
  ['a range over several reads', { range: 'bytes=500000-1200000' }, 206, slice(500_000, 1_200_000)],
  ['an unknown range unit', { range: 'seconds=1-2' }, 200, content],
  ['several ranges', { range: 'bytes=0-1,5-6' }, 200, content],
  ['garbage after the range', { range: 'bytes=0-1x' }, 200, content],
];
test.each(bodies)('GET with %s', async (_name, headers, status, body) => {
  const answer = await site.get(path, headers);
  expect(answer.status).toBe(status);
  expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
  expect(answer.headers.get('content-length')).toBe(String(body.length));
});

test('a range that ends before it begins is passed over, or by nginx refused: RFC 9110 §14.2 allows both', async () => {
  const answer = await site.get(path, { range: 'bytes=9-3' });
  await answer.arrayBuffer();
  expect(answer.status).toBe(isNginxPlane() ? 416 : 200);
});

test('a 206 says which bytes it holds, of how many', async () => {
  const answer = await site.get(path, { range: 'bytes=100-199' });
  expect(answer.headers.get('content-range')).toBe(`bytes 100-199/${content.length}`);
  await answer.arrayBuffer();
});

test.each(['bytes=1300000-', 'bytes=9999999-99999999', 'bytes=-0'])(
  'a range outside the file (%s) is a 416 problem with the size',
  async (range) => {
    const answer = await site.get(path, { range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe(`bytes */${content.length}`);
    expect(await answer.json()).toMatchObject({ code: 'range-not-satisfiable', status: 416 });
  },
);

test('If-Range lets the range count only for the same strong entity tag', async () => {
  const statusFor = async (ifRange: string) => {
    const answer = await site.get(path, { range: 'bytes=0-9', 'if-range': ifRange });
    await answer.arrayBuffer();
    return answer.status;
  };
  expect(await statusFor(etag)).toBe(206);
  expect(await statusFor(upstreamEtag)).toBe(206);
  expect(await statusFor('"another"')).toBe(200);
  expect(await statusFor(`W/${etag}`)).toBe(200);
  expect(await statusFor('Mon, 23 Nov 2026 00:00:00 GMT')).toBe(200);
});

test('If-None-Match answers 304 without a body, by weak comparison and for *', async () => {
  for (const field of ['*', `W/"x", W/${etag}`, `"x", "y,z"`, upstreamEtag, `W/${upstreamEtag}`]) {
    const answer = await site.get(path, { 'if-none-match': field });
    const isMatch = field !== `"x", "y,z"`;
    expect(answer.status).toBe(isMatch ? 304 : 200);
    expect((await answer.arrayBuffer()).byteLength).toBe(isMatch ? 0 : content.length);
    expect(answer.headers.get('etag')).toBe(etag);
  }
});

test('If-Match fails with 412 for another entity tag and goes on for the same', async () => {
  const failed = await site.get(path, { 'if-match': '"another"' });
  expect([failed.status, (await failed.arrayBuffer()).byteLength]).toEqual([412, 0]);
  for (const tag of [etag, upstreamEtag]) {
    const passed = await site.get(path, { 'if-match': tag, range: 'bytes=0-9' });
    expect([passed.status, (await passed.arrayBuffer()).byteLength]).toEqual([206, 10]);
  }
});

test('If-None-Match comes before Range', async () => {
  const answer = await site.get(path, { 'if-none-match': etag, range: 'bytes=99999999-' });
  expect(answer.status).toBe(304);
});

test('HEAD has the headers of GET, no body, and ignores Range', async () => {
  const answer = await fetch(`${site.url}${path}`, {
    method: 'HEAD',
    headers: { range: 'bytes=0-9' },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-length')).toBe(String(content.length));
  expect(answer.headers.get('content-range')).toBeNull();
  expect((await answer.arrayBuffer()).byteLength).toBe(0);
});

test('a hit carries type, validator, caching and cross-origin fields, and says from which tier it came', async () => {
  const answer = await site.get(path);
  await answer.arrayBuffer();
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': expect.stringContaining('Cache-Status'),
    'timing-allow-origin': '*',
    'cache-control': 'public, max-age=31536000, immutable',
    // Which tier it was, nginx does not know; the delivery log says it.
    'cache-status': `"${OCA_ID}"; hit${isNginxPlane() ? '' : '; detail=flash'}`,
    'content-type': 'video/mp4',
    etag,
  });
});

test('the query never changes what is served', async () => {
  const answer = await site.get(`${path}?CMCD=bl%3D1000%2Cbr%3D900&_HLS_skip=1`, {
    range: 'bytes=0-3',
  });
  expect(answer.headers.get('cache-status')).toContain('; hit');
  expect(Buffer.from(await answer.arrayBuffer()).equals(slice(0, 3))).toBe(true);
});

test('a preflight is answered with what a player may send', async () => {
  const answer = await fetch(`${site.url}${path}`, {
    method: 'OPTIONS',
    headers: { origin: 'https://player.example', 'access-control-request-headers': 'range' },
  });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
});

test('paths outside the grammar are 400 problems, unknown files 404, both readable from any origin', async () => {
  for (const bad of [
    '/etc/passwd',
    '/content/title-1/%2e%2e/x',
    '/content//x',
    '/content/T/x',
    '/',
  ]) {
    const answer = await site.get(bad);
    expect([bad, answer.status]).toEqual([bad, 400]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toMatchObject({ code: 'path-invalid' });
  }
  const missing = await site.get('/content/title-1/none.mp4');
  expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'asset-not-found' }]);
  expect(missing.headers.get('cache-status')).toContain(`"${OCA_ID}"`);
});

test('a client that leaves in the middle hurts nobody', async () => {
  const leaving = Array.from({ length: 20 }, async () => {
    const controller = new AbortController();
    const answer = await fetch(`${site.url}${path}`, { signal: controller.signal });
    controller.abort();
    await answer.arrayBuffer().catch(() => undefined);
  });
  await Promise.all(leaving);
  const after = await site.get(path);
  expect(Buffer.from(await after.arrayBuffer()).equals(content)).toBe(true);
});
