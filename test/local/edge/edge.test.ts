import { once } from 'node:events';
import { request } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type RunningEdge, startEdge } from '../../../local/edge/start-edge.ts';
import {
  CREDENTIALS,
  type Gate,
  noise,
  scratchFolder,
  startBuckets,
  type TestBuckets,
} from './edge-harness.ts';
import { PRIMARY, REPLICA, synthesizeSmallApp } from './small-app.ts';

const CACHE_BYTES = 4 * 2 ** 20;
let folder: Awaited<ReturnType<typeof scratchFolder>>;
let assemblyDirectory: string;
let buckets: TestBuckets;
let primary: Gate;
let replica: Gate;
let edge: RunningEdge;
let nowMs: number;

beforeAll(async () => {
  folder = await scratchFolder();
  assemblyDirectory = await synthesizeSmallApp(folder.path);
  buckets = await startBuckets([PRIMARY, REPLICA]);
  primary = buckets.gate(PRIMARY.name);
  replica = buckets.gate(REPLICA.name);
}, 60_000);
afterAll(async () => {
  await buckets.close();
  await folder.remove();
});
beforeEach(async () => {
  nowMs = Date.now();
  edge = await startTestEdge();
});
afterEach(async () => {
  await edge.close();
  for (const gate of [primary, replica]) {
    gate.seen.length = 0;
    gate.status = undefined;
    gate.cutAfterBytes = undefined;
    gate.opens = Promise.resolve();
  }
});

const startTestEdge = (more: Partial<Parameters<typeof startEdge>[0]> = {}) =>
  startEdge({
    assemblyDirectory,
    host: '127.0.0.1',
    port: 0,
    originUrlFor: buckets.originUrlFor,
    credentials: CREDENTIALS,
    cacheBytesMax: CACHE_BYTES,
    now: () => nowMs,
    ...more,
  });

async function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  url = edge.url,
) {
  const response = await fetch(`${url}${path}`, { headers, method });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body };
}

const cacheStatus = async (path: string, headers: Record<string, string> = {}) =>
  (await get(path, headers)).headers.get('cache-status');

const put = (key: string, body: Buffer | string, more: object = {}) =>
  buckets.put(PRIMARY.name, key, body, more);

describe('when the origin fails', () => {
  test('a 503 of the primary is answered by the replica with the same bytes', async () => {
    const bytes = noise(700_000, 1);
    await put('failover.mp4', bytes);
    await buckets.put(REPLICA.name, 'failover.mp4', bytes);
    primary.status = 503;
    const { status, body } = await get('/failover.mp4');
    expect(status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
    expect([primary.seen.length, replica.seen.length]).toEqual([1, 1]);
  });

  test('a range that the shield lacks is fetched from the replica of the same object', async () => {
    const bytes = noise(900_000, 7);
    await put('part.mp4', bytes);
    await buckets.put(REPLICA.name, 'part.mp4', bytes);
    await get('/part.mp4', { range: 'bytes=0-99' });
    primary.status = 503;
    const { status, body } = await get('/part.mp4', { range: 'bytes=600000-600099' });
    expect([status, body.equals(bytes.subarray(600_000, 600_100))]).toEqual([206, true]);
    expect(replica.seen).toEqual(['GET /part.mp4 bytes=524288-786431']);
  });

  test('a primary that takes no connections is tried as often as configured, then failed over', async () => {
    await buckets.put(REPLICA.name, 'unreachable.mp4', 'replica');
    await edge.close();
    edge = await startTestEdge({
      originUrlFor: (name) => (name === PRIMARY.name ? 'http://127.0.0.1:1' : replica.url),
    });
    expect((await get('/unreachable.mp4')).body.toString()).toBe('replica');
  });

  test('a 404 of the primary is not failed over, and is asked again only after its TTL', async () => {
    await buckets.put(REPLICA.name, 'only-there.mp4', 'x');
    expect((await get('/only-there.mp4')).status).toBe(404);
    expect((await get('/only-there.mp4')).headers.get('x-cache')).toBe('Error from cloudfront');
    expect([primary.seen.length, replica.seen.length]).toEqual([1, 0]);
    nowMs += 6_999;
    await get('/only-there.mp4');
    expect(primary.seen).toHaveLength(1);
    nowMs += 2;
    await get('/only-there.mp4');
    expect(primary.seen).toHaveLength(2);
  });

  test('no origin at all is a 502 problem, kept for the time of errors', async () => {
    await edge.close();
    edge = await startTestEdge({ originUrlFor: () => 'http://127.0.0.1:1' });
    const { status, headers, body } = await get('/nowhere.mp4', { origin: 'http://page' });
    expect(status).toBe(502);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(JSON.parse(body.toString())).toMatchObject({
      code: 'upstream-unreachable',
      status: 502,
    });
  });

  test('a stale object is served instead, and the origin is asked again after the time of errors', async () => {
    await put('stale.mp4', 'old bytes', { CacheControl: 'max-age=60' });
    await get('/stale.mp4');
    nowMs += 61_000;
    primary.status = 500;
    replica.status = 500;
    const stale = await get('/stale.mp4');
    expect([stale.status, stale.body.toString()]).toEqual([200, 'old bytes']);
    const asked = primary.seen.length;
    await get('/stale.mp4');
    expect(primary.seen).toHaveLength(asked);
    nowMs += 11_000;
    primary.status = undefined;
    const back = await get('/stale.mp4');
    expect(back.headers.get('x-cache')).toBe('RefreshHit from cloudfront');
  });

  test('an answer that breaks off ends the connection, and the rest is fetched the next time', async () => {
    const bytes = noise(1_000_000, 2);
    await put('broken.mp4', bytes);
    primary.cutAfterBytes = 600_000;
    await expect(get('/broken.mp4')).rejects.toThrow();
    primary.cutAfterBytes = undefined;
    const { body } = await get('/broken.mp4');
    expect(body.equals(bytes)).toBe(true);
    expect(primary.seen.at(-1)).toMatch(/bytes=524288-999999$/);
  });
});

describe('one origin fetch', () => {
  test('serves a hundred viewers who ask at once, and all get the same bytes', async () => {
    const bytes = noise(400_000, 3);
    await put('crowd.mp4', bytes);
    const gate = Promise.withResolvers<void>();
    primary.opens = gate.promise;
    const viewers = Array.from({ length: 100 }, () => get('/crowd.mp4'));
    await until(() => primary.seen.length > 0);
    gate.resolve();
    const answers = await Promise.all(viewers);
    expect(answers.every(({ body }) => body.equals(bytes))).toBe(true);
    expect(primary.seen).toEqual(['GET /crowd.mp4']);
    const collapsed = answers.filter(({ headers }) =>
      headers.get('cache-status')?.includes('collapsed'),
    );
    expect(collapsed.length).toBeGreaterThan(0);
    expect(edge.stats().originFetches).toEqual({ [PRIMARY.name]: 1 });
  }, 30_000);

  test('serves two edge locations behind one shield', async () => {
    await put('shield.mp4', 'x');
    const other = await edge.startLocation({ host: '127.0.0.1', port: 0 });
    const first = await get('/shield.mp4');
    const second = await get('/shield.mp4', {}, 'GET', other.url);
    expect(first.headers.get('cache-status')).toBe(
      '"shield"; fwd=uri-miss; stored, "cloudfront"; fwd=uri-miss; stored',
    );
    expect(second.headers.get('cache-status')).toBe(
      '"shield"; hit, "cloudfront"; fwd=uri-miss; stored',
    );
    expect(await cacheStatus('/shield.mp4')).toBe('"cloudfront"; hit');
    expect(primary.seen).toHaveLength(1);
  });

  test('serves every token and every unlisted query, and not a listed one', async () => {
    await put('content/t/f.mp4', 'x');
    await get('/rewrite/~one/content/t/f.mp4');
    const second = await get('/rewrite/~two/content/t/f.mp4?CMCD=br%3D1');
    expect(second.headers.get('x-cache')).toBe('Hit from cloudfront');
    expect(primary.seen).toEqual(['GET /content/t/f.mp4']);
    await get('/rewrite/~two/content/t/f.mp4?profile=hd');
    expect(primary.seen).toHaveLength(2);
  });

  test('is streamed: the first viewer has bytes before the origin has sent all', async () => {
    const bytes = noise(2_000_000, 4);
    await put('streamed.mp4', bytes);
    const incoming = request(`${edge.url}/streamed.mp4`).end();
    const [response] = await once(incoming, 'response');
    const [chunk] = await once(response, 'data');
    response.pause();
    expect(bytes.subarray(0, chunk.length).equals(chunk)).toBe(true);
    expect(edge.stats().cachedBytes).toBeLessThan(bytes.length);
    const whole = await get('/streamed.mp4');
    expect(whole.body.equals(bytes)).toBe(true);
    incoming.destroy();
  });
});

describe('ranges', () => {
  const bytes = noise(1_500_000, 5);
  beforeAll(() => put('ranged.mp4', bytes));

  test.each([
    ['bytes=0-524287', 0, 524_287],
    ['bytes=300000-', 300_000, 1_499_999],
    ['bytes=-100', 1_499_900, 1_499_999],
    ['bytes=1499999-9999999', 1_499_999, 1_499_999],
  ])('%s is answered from and into the cache', async (range, first, last) => {
    for (const expectedCache of ['Miss from cloudfront', 'Hit from cloudfront']) {
      const { status, headers, body } = await get('/ranged.mp4', { range });
      expect(status).toBe(206);
      expect(headers.get('content-range')).toBe(`bytes ${first}-${last}/1500000`);
      expect(headers.get('content-length')).toBe(String(last - first + 1));
      expect(body.equals(bytes.subarray(first, last + 1))).toBe(true);
      expect(headers.get('x-cache')).toBe(expectedCache);
    }
  });

  test('fetch only the blocks around them, and each block once', async () => {
    await get('/ranged.mp4', { range: 'bytes=600000-600010' });
    await get('/ranged.mp4', { range: 'bytes=700000-700010' });
    expect(primary.seen).toEqual(['GET /ranged.mp4 bytes=524288-786431']);
    const whole = await get('/ranged.mp4');
    expect(whole.body.equals(bytes)).toBe(true);
    expect(primary.seen.slice(1)).toEqual([
      'GET /ranged.mp4 bytes=0-524287',
      'GET /ranged.mp4 bytes=786432-1499999',
    ]);
  });

  test('outside the object are 416, several and malformed ones get the whole', async () => {
    const outside = await get('/ranged.mp4', { range: 'bytes=1500000-' });
    expect(outside.status).toBe(416);
    await get('/ranged.mp4');
    const known = await get('/ranged.mp4', { range: 'bytes=1500000-' });
    expect([known.status, known.headers.get('content-range')]).toEqual([416, 'bytes */1500000']);
    expect(JSON.parse(known.body.toString())).toMatchObject({ code: 'range-not-satisfiable' });
    expect((await get('/ranged.mp4', { range: 'bytes=0-1,5-6' })).status).toBe(200);
    expect((await get('/ranged.mp4', { range: 'bytes=9-1' })).status).toBe(200);
  });

  test('hold only if If-Range matches', async () => {
    const { headers } = await get('/ranged.mp4');
    const etag = headers.get('etag') ?? '';
    const range = 'bytes=0-9';
    expect((await get('/ranged.mp4', { range, 'if-range': etag })).status).toBe(206);
    expect((await get('/ranged.mp4', { range, 'if-range': '"other"' })).status).toBe(200);
  });

  test('asked for by many at once are fetched once', async () => {
    await get('/ranged.mp4', { range: 'bytes=0-9' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get('/ranged.mp4', { range: 'bytes=1000000-1200000' })),
    );
    expect(answers.every(({ body }) => body.equals(bytes.subarray(1_000_000, 1_200_001)))).toBe(
      true,
    );
    expect(primary.seen).toHaveLength(2);
  });
});

describe('conditional requests and HEAD', () => {
  test('are answered from the cache', async () => {
    await put('conditional.mp4', 'x');
    const { headers } = await get('/conditional.mp4');
    const etag = headers.get('etag') ?? '';
    const unchanged = await get('/conditional.mp4', { 'if-none-match': `W/${etag}` });
    expect([unchanged.status, unchanged.headers.get('etag')]).toEqual([304, etag]);
    expect((await get('/conditional.mp4', { 'if-match': '"other"' })).status).toBe(412);
    expect(primary.seen).toHaveLength(1);
  });

  test('a HEAD has the fields of a GET and no body, and makes no GET at the origin', async () => {
    await put('head.mp4', 'four');
    const head = await get('/head.mp4', {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.body.length]).toEqual([
      200,
      '4',
      0,
    ]);
    expect(primary.seen).toEqual(['HEAD /head.mp4']);
    expect((await get('/head.mp4')).body.toString()).toBe('four');
  });

  test('the HEAD of something missing leaves the GET its body', async () => {
    expect((await get('/marked/none', {}, 'HEAD')).status).toBe(404);
    expect((await get('/marked/none')).body.toString()).toBe('nothing there');
  });

  test('a stale object that the origin confirms is served again, with its age from then', async () => {
    await put('confirmed.mp4', 'same', { CacheControl: 'max-age=60' });
    await get('/confirmed.mp4');
    nowMs += 30_000;
    expect((await get('/confirmed.mp4')).headers.get('age')).toBe('30');
    nowMs += 31_000;
    const confirmed = await get('/confirmed.mp4');
    expect(confirmed.headers.get('x-cache')).toBe('RefreshHit from cloudfront');
    expect(confirmed.headers.get('age')).toBeNull();
    expect(confirmed.body.toString()).toBe('same');
    expect(await cacheStatus('/confirmed.mp4')).toBe('"cloudfront"; hit');
  });

  test('a stale object that changed is replaced', async () => {
    await put('changed.mp4', 'old', { CacheControl: 'max-age=60' });
    await get('/changed.mp4');
    await put('changed.mp4', 'newer');
    expect((await get('/changed.mp4')).body.toString()).toBe('old');
    nowMs += 61_000;
    expect((await get('/changed.mp4')).body.toString()).toBe('newer');
  });

  test('what may not be stored is fetched each time', async () => {
    await put('private.mp4', 'x', { CacheControl: 'no-store' });
    await get('/private.mp4');
    const again = await get('/private.mp4');
    expect(again.headers.get('cache-status')).toBe(
      '"shield"; fwd=uri-miss, "cloudfront"; fwd=uri-miss',
    );
    expect(primary.seen).toHaveLength(2);
  });
});

describe('an invalidation', () => {
  const invalidate = async (...paths: readonly string[]) => {
    const items = paths.map((path) => `<Path>${path}</Path>`).join('');
    const url = `${edge.apiUrl}/2020-05-31/distribution`;
    const id = /<Id>(\w+)<\/Id>/.exec(await (await fetch(url)).text())?.[1];
    const body = `<InvalidationBatch><Paths><Items>${items}</Items></Paths></InvalidationBatch>`;
    const answer = await fetch(`${url}/${id}/invalidation`, { method: 'POST', body });
    await answer.text();
    return answer.status;
  };
  beforeEach(async () => {
    await edge.close();
    edge = await startTestEdge({ apiPort: 0 });
  });

  test('has every location and shield forget its paths, and no others', async () => {
    const other = await edge.startLocation({ host: '127.0.0.1', port: 0 });
    for (const key of ['old/a.mp4', 'old/b.mp4', 'kept.mp4']) await put(key, `first ${key}`);
    const all = ['/old/a.mp4', '/old/b.mp4', '/kept.mp4'];
    for (const path of all) {
      await get(path);
      await get(path, {}, 'GET', other.url);
      await put(path.slice(1), `second ${path.slice(1)}`);
    }
    expect(await invalidate('/old/*')).toBe(201);
    for (const url of [edge.url, other.url]) {
      const bodies = await Promise.all(
        all.map(async (path) => (await get(path, {}, 'GET', url)).body),
      );
      expect(bodies.map(String)).toEqual([
        'second old/a.mp4',
        'second old/b.mp4',
        'first kept.mp4',
      ]);
    }
  });

  test('keeps nothing of what was on its way when it came', async () => {
    await put('moving.mp4', 'first');
    const gate = Promise.withResolvers<void>();
    primary.opens = gate.promise;
    const first = get('/moving.mp4');
    while (primary.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await invalidate('/moving.mp4')).toBe(201);
    gate.resolve();
    expect((await first).body.toString()).toBe('first');
    await put('moving.mp4', 'second');
    expect((await get('/moving.mp4')).body.toString()).toBe('second');
  });
});

describe('the cache', () => {
  test('holds no more bytes than it may, and goes on serving what it could not keep', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `large-${index}.mp4`);
    const bodies = keys.map((_, index) => noise(700_000, 10 + index));
    for (const [index, key] of keys.entries()) await put(key, bodies[index] ?? Buffer.of());
    const answers = await Promise.all(keys.map((key) => get(`/${key}`)));
    expect(
      answers.map(({ body }, index) => body.equals(bodies[index] ?? Buffer.of())),
    ).not.toContain(false);
    expect(edge.stats().cachedBytes).toBeGreaterThan(CACHE_BYTES / 2);
    expect(edge.stats().cachedBytes).toBeLessThanOrEqual(CACHE_BYTES);
  }, 30_000);

  test('serves an object that is larger than itself', async () => {
    const bytes = noise(CACHE_BYTES + 1_000_000, 6);
    await put('huge.mp4', bytes);
    expect((await get('/huge.mp4')).body.equals(bytes)).toBe(true);
    expect(edge.stats().cachedBytes).toBeLessThanOrEqual(CACHE_BYTES);
  }, 30_000);
});

describe('behaviors', () => {
  test('methods that a behavior does not allow are refused', async () => {
    const { status, headers, body } = await get('/read-only/x', {}, 'OPTIONS');
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'method-not-allowed' });
    expect((await get('/x', {}, 'DELETE')).status).toBe(405);
    expect(primary.seen).toEqual([]);
  });

  test('there is no page about the edge itself', async () => {
    expect((await get('/edge/status')).status).toBe(404);
    expect(primary.seen).toEqual(['GET /edge/status']);
  });

  test('the response headers policy adds, keeps and removes fields', async () => {
    await put('policy.mp4', 'x');
    const cross = await get('/policy.mp4', { origin: 'http://page.example' });
    expect(Object.fromEntries(cross.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'ETag, Cache-Status',
      'strict-transport-security': 'max-age=86400; includeSubDomains',
      'timing-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(cross.headers.get('x-amz-request-id')).toBeNull();
    expect(cross.headers.get('access-control-allow-methods')).toBeNull();
    const same = await get('/policy.mp4');
    expect(same.headers.get('access-control-allow-origin')).toBeNull();
    expect(same.headers.get('timing-allow-origin')).toBe('*');
  });

  test('text is compressed where the behavior says so, and each encoding is kept by itself', async () => {
    const text = '<MPD/>'.repeat(500);
    await put('t/manifest.mpd', text, { ContentType: 'application/dash+xml' });
    const packed = await rawGet('/t/manifest.mpd', { 'accept-encoding': 'gzip, br' });
    expect(packed.headers['content-encoding']).toBe('br');
    expect(packed.headers.etag).toMatch(/^W\/"/);
    expect(brotliDecompressSync(packed.body).toString()).toBe(text);
    const plain = await rawGet('/t/manifest.mpd', {});
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(text);
    expect(primary.seen).toHaveLength(1);
    await put('t/text.mp4', text, { ContentType: 'text/plain' });
    const other = await rawGet('/t/text.mp4', { 'accept-encoding': 'gzip, br' });
    expect(other.headers['content-encoding']).toBeUndefined();
  });

  test('an origin-response function changes fields and error bodies before they are stored', async () => {
    await put('marked/there.mp4', 'x');
    const there = await get('/marked/there.mp4');
    const domainName = `${PRIMARY.name}.s3.us-east-1.amazonaws.com`;
    expect(there.headers.get('x-marked')).toBe(domainName);
    const hit = await get('/marked/there.mp4');
    expect([hit.headers.get('x-cache'), hit.headers.get('x-marked')]).toEqual([
      'Hit from cloudfront',
      domainName,
    ]);
    const missing = await get('/marked/missing.mp4');
    expect([missing.status, missing.body.toString()]).toEqual([404, 'nothing there']);
  });
});

describe('viewer-request functions', () => {
  test.each([
    ['throws', 503, 'out-of-service'],
    ['hangs', 503, 'out-of-service'],
    ['returns what it may not', 502, 'upstream-invalid'],
  ])('one that %s lets nobody through', async (fault, status, code) => {
    const path = { throws: '/throws/x', hangs: '/hangs/x' }[fault] ?? '/invalid/x';
    await put(path.slice(1), 'protected');
    const answer = await get(path, { origin: 'http://page.example' });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code });
    expect(answer.body.toString()).not.toContain('secret');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(primary.seen).toEqual([]);
  });

  test('are told of the viewer, and may answer', async () => {
    const { status, headers, body } = await get('/tells/x?a=1', { 'x-own': '1' });
    expect([status, headers.get('x-cache')]).toEqual([
      200,
      'LambdaGeneratedResponse from cloudfront',
    ]);
    const { event, remainingMs } = JSON.parse(body.toString());
    expect(event.Records[0].cf).toMatchObject({
      config: { eventType: 'viewer-request', requestId: headers.get('x-amz-cf-id') },
      request: { uri: '/tells/x', querystring: 'a=1', clientIp: '127.0.0.1', method: 'GET' },
    });
    expect(event.Records[0].cf.request.headers['x-own']).toEqual([{ key: 'x-own', value: '1' }]);
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(1000);
  });

  test('are chosen by the path that the viewer asked for, not by what they make of it', async () => {
    await put('throws/inner.mp4', 'reached');
    expect((await get('/rewrite/~t/throws/inner.mp4')).body.toString()).toBe('reached');
  });
});

/** A request without what `fetch` adds and takes off by itself. */
async function rawGet(path: string, headers: Record<string, string>) {
  const [response] = await once(request(`${edge.url}${path}`, { headers }).end(), 'response');
  return { headers: response.headers, body: Buffer.concat(await response.toArray()) };
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
