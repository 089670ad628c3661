import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '#domain/clock.ts';
import type { AssetId } from '#domain/ids.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import { systemClock } from '../../../oca-agent/platform/node-platform.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { OCA_ID, TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

let skewMs = 0;
/** The real clock, set forward by hand. */
const skewedClock: Clock = {
  now: (): EpochMs => epochMs(systemClock.now() + skewMs),
  sleep: systemClock.sleep,
};

const content = seededBytes(2, 700_000);
let site: TestSite;
/** A new file for each test. */
let file = '';
let path = '';
let serial = 0;

beforeAll(async () => {
  site = await TestSite.start({ platform: { clock: skewedClock } });
});
afterAll(() => site.stop());
beforeEach(() => {
  serial += 1;
  file = `video-${serial}.mp4`;
  path = `/content/title-1/${file}`;
  site.cloudFront.put('title-1', file, content);
});
afterEach(() => {
  site.cloudFront.interfere = () => false;
});

/** Where nginx serves hits, the agent hears of those of earlier tests a moment later, and would count them in this one. */
async function onSiteOfItsOwn(work: () => Promise<void>): Promise<void> {
  const shared = site;
  site = await TestSite.start();
  site.cloudFront.put('title-1', file, content);
  try {
    await work();
  } finally {
    await site.stop();
    site = shared;
  }
}

const isStored = () => site.events('miss.fetch.stored').some((facts) => facts.file === file);
const asks = () => site.cloudFront.requests.filter((line) => line === `GET ${path}`).length;

/** Has a client ask for the file, so that the next request for it is not the first. */
async function askOnce(): Promise<void> {
  await (await site.get(path)).arrayBuffer();
  const passed = () => site.events('miss.fetch.passed').some((facts) => facts.file === file);
  await until(passed, 'the file to pass through');
}

/** Holds the upstream's answer back after its first half, until let go. */
function holdHalfway(): { letGo: (finish?: (response: ServerResponse) => void) => void } {
  const held = Promise.withResolvers<(response: ServerResponse) => void>();
  site.cloudFront.interfere = (request, response, stored) => {
    if (!stored || request.method !== 'GET') return false;
    response.writeHead(200, {
      'content-length': stored.content.length,
      'content-type': 'video/mp4',
      etag: stored.etag,
      'x-amz-meta-sha256': stored.sha256,
      'cache-status': '"shield"; fwd=uri-miss; stored, "cloudfront"; fwd=uri-miss; stored',
    });
    response.write(stored.content.subarray(0, stored.content.length / 2));
    void held.promise.then((finish) => finish(response));
    return true;
  };
  const sendRest = (response: ServerResponse) => response.end(content.subarray(content.length / 2));
  return { letGo: (finish = sendRest) => held.resolve(finish) };
}

test('fifty clients of one file cost one upstream request and all get all of it', async () => {
  const { letGo } = holdHalfway();
  const answers = await Promise.all(Array.from({ length: 50 }, () => site.get(path)));
  letGo();
  const bodies = await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  expect(bodies.every((body) => Buffer.from(body).equals(content))).toBe(true);
  expect(asks()).toBe(1);
});

test('a miss names the whole chain of caches, and who merely joined', async () => {
  await askOnce();
  const { letGo } = holdHalfway();
  const [first, second] = await Promise.all([site.get(path), site.get(path)]);
  letGo();
  await Promise.all([first.arrayBuffer(), second.arrayBuffer()]);
  const chain = '"shield"; fwd=uri-miss; stored, "cloudfront"; fwd=uri-miss; stored';
  const [leader, follower] = [first, second]
    .map((answer) => answer.headers.get('cache-status'))
    .sort((one, other) => (one?.length ?? 0) - (other?.length ?? 0));
  expect(leader).toBe(`${chain}, "${OCA_ID}"; fwd=uri-miss; stored`);
  expect(follower).toBe(`${chain}, "${OCA_ID}"; fwd=uri-miss; stored; collapsed`);
});

test('a range is served from the growing file before the rest has come', async () => {
  await askOnce();
  const { letGo } = holdHalfway();
  const answer = await site.get(path, { range: 'bytes=1000-1999' });
  expect(answer.status).toBe(206);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content.subarray(1000, 2000))).toBe(true);
  letGo();
  await until(isStored, 'the file to be stored');
});

test('a client that leaves does not end the fetch for the others', async () => {
  const { letGo } = holdHalfway();
  const controller = new AbortController();
  const leaving = await fetch(`${site.url}${path}`, { signal: controller.signal });
  const staying = await site.get(path);
  controller.abort();
  await leaving.arrayBuffer().catch(() => undefined);
  letGo();
  expect(Buffer.from(await staying.arrayBuffer()).equals(content)).toBe(true);
  expect(asks()).toBe(1);
});

test('when all clients leave, a file that was asked for before is stored all the same', async () => {
  await askOnce();
  const { letGo } = holdHalfway();
  const controller = new AbortController();
  const leaving = await fetch(`${site.url}${path}`, { signal: controller.signal });
  controller.abort();
  await leaving.arrayBuffer().catch(() => undefined);
  letGo();
  await until(isStored, 'the file to be stored');
  const hit = await site.get(path);
  expect(hit.headers.get('cache-status')).toMatch(`"${OCA_ID}"; hit`);
  await hit.arrayBuffer();
});

test('wrong bytes are never stored, and no client gets them whole', async () => {
  site.cloudFront.interfere = (_request, response, stored) => {
    if (!stored) return false;
    const wrong = Buffer.from(stored.content);
    wrong[10] = (wrong[10] ?? 0) ^ 1;
    response.writeHead(200, {
      'content-length': wrong.length,
      etag: stored.etag,
      'x-amz-meta-sha256': stored.sha256,
    });
    response.end(wrong);
    return true;
  };
  await expect(site.get(path).then((answer) => answer.arrayBuffer())).rejects.toThrow();
  await until(
    () => site.events('miss.fetch.failed').some(({ code }) => code === 'digest-mismatch'),
    'the mismatch to be noticed',
  );
  expect(isStored()).toBe(false);
  site.cloudFront.interfere = () => false;
  const again = await site.get(path);
  expect(again.headers.get('cache-status')).toContain('fwd=uri-miss');
  expect(Buffer.from(await again.arrayBuffer()).equals(content)).toBe(true);
});

test('an upstream that breaks off leaves nothing behind, and the next request tries again', async () => {
  const { letGo } = holdHalfway();
  const answer = await site.get(path);
  letGo((response) => response.destroy());
  await expect(answer.arrayBuffer()).rejects.toThrow();
  site.cloudFront.interfere = () => false;
  const again = await site.get(path);
  expect(Buffer.from(await again.arrayBuffer()).equals(content)).toBe(true);
  expect(asks()).toBe(2);
});

test('a file that is asked for once passes through and leaves nothing; asked for again, it is stored', async () => {
  const first = await site.get(path);
  expect(first.headers.get('cache-status')).toBe(`"cloudfront"; hit, "${OCA_ID}"; fwd=uri-miss`);
  expect(Buffer.from(await first.arrayBuffer()).equals(content)).toBe(true);
  await until(
    () => site.events('miss.fetch.passed').some((facts) => facts.file === file),
    'the file to pass',
  );
  const missing = await site.get(path, { 'cache-control': 'only-if-cached' });
  expect(missing.status).toBe(504);
  await missing.arrayBuffer();
  const second = await site.get(path);
  expect(second.headers.get('cache-status')).toContain(`"${OCA_ID}"; fwd=uri-miss; stored`);
  await second.arrayBuffer();
  await until(isStored, 'the file to be stored');
  expect(asks()).toBe(2);
});

test('a file larger than what is kept in memory passes through whole, to a reader as slow as it comes', async () => {
  const large = seededBytes(3, 12_000_000);
  site.cloudFront.put('title-1', file, large);
  const answer = await site.get(path);
  const parts: Buffer[] = [];
  for await (const part of answer.body ?? []) parts.push(Buffer.from(part));
  expect(Buffer.concat(parts).equals(large)).toBe(true);
  expect(asks()).toBe(1);
});

test('the second client of a file that passes through gives it a place: one request, both whole', async () => {
  const { letGo } = holdHalfway();
  const first = await site.get(path);
  const second = await site.get(path);
  expect(second.headers.get('cache-status')).toContain('; stored; collapsed');
  letGo();
  for (const answer of [first, second])
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  await until(isStored, 'the file to be stored');
  expect(asks()).toBe(1);
});

test('when the only client of a file that passes through leaves, the upstream is let go', async () => {
  const left = Promise.withResolvers<void>();
  site.cloudFront.interfere = (request, response, stored) => {
    if (!stored) return false;
    response.writeHead(200, { 'content-length': 2 ** 40, etag: stored.etag });
    const piece = Buffer.alloc(65_536);
    const pour = () => {
      while (!request.destroyed && response.write(piece));
    };
    response.on('drain', pour);
    response.on('close', () => left.resolve());
    pour();
    return true;
  };
  const controller = new AbortController();
  await fetch(`${site.url}${path}`, { signal: controller.signal });
  controller.abort();
  await left.promise;
  expect(isStored()).toBe(false);
});

test('403 and 404 of the upstream reach the client as they are and are not kept', async () => {
  site.cloudFront.interfere = (_request, response) => {
    response.writeHead(403, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ code: 'token-scope' }));
    return true;
  };
  const refused = await site.get(path);
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'token-scope' }]);
  site.cloudFront.interfere = () => false;
  const found = await site.get(path);
  expect(found.status).toBe(200);
  await found.arrayBuffer();
});

test('an upstream that cannot be reached is a 502 problem', async () => {
  site.cloudFront.interfere = (request) => Boolean(request.destroy());
  const answer = await site.get(path);
  expect([answer.status, await answer.json()]).toMatchObject([
    502,
    { code: 'upstream-unreachable' },
  ]);
});

test('only-if-cached is a 504 problem for what is not stored, which is no failure of ours, and a plain hit for what is', async () => {
  const before = (await site.status()).delivery;
  const missed = await site.get(path, { 'cache-control': 'only-if-cached' });
  expect([missed.status, await missed.json()]).toMatchObject([504, { code: 'asset-not-stored' }]);
  const { refusals, failures } = (await site.status()).delivery;
  expect([refusals - before.refusals, failures - before.failures]).toEqual([1, 0]);
  expect(asks()).toBe(0);
  await site.store('title-1', file);
  const hit = await site.get(path, { 'cache-control': 'max-age=0, only-if-cached' });
  expect(hit.status).toBe(200);
  await hit.arrayBuffer();
});

test('HEAD of what is not stored is relayed and stores nothing', async () => {
  const answer = await fetch(`${site.url}${path}`, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '700000']);
  expect(answer.headers.get('cache-status')).toBe(`"cloudfront"; hit, "${OCA_ID}"; fwd=uri-miss`);
  expect(site.cloudFront.requests).toContain(`HEAD ${path}`);
  expect(asks()).toBe(0);
});

test('artwork is relayed and not stored', async () => {
  site.cloudFront.files.set('/images/poster.avif', {
    content: Buffer.from('a picture'),
    etag: '"p"',
    sha256: '' as AssetId,
  });
  for (let round = 0; round < 2; round += 1) {
    const answer = await site.get('/images/poster.avif');
    expect(await answer.text()).toBe('a picture');
    expect(answer.headers.get('cache-status')).toContain(`"${OCA_ID}"; fwd=bypass`);
  }
  expect(site.cloudFront.requests.filter((line) => line.endsWith('poster.avif'))).toHaveLength(2);
});

test('a manifest that no plan names is fetched again after five minutes, and served stale when that fails', async () => {
  site.cloudFront.put('title-1', 'manifest.mpd', Buffer.from('<MPD>first</MPD>'));
  await site.store('title-1', 'manifest.mpd');
  site.cloudFront.put('title-1', 'manifest.mpd', Buffer.from('<MPD>second</MPD>'));
  const read = async () => {
    const answer = await site.get('/content/title-1/manifest.mpd');
    return [await answer.text(), answer.headers.get('cache-status')];
  };
  skewMs = 299_000;
  expect(await read()).toEqual(['<MPD>first</MPD>', `"${OCA_ID}"; hit; detail=flash`]);
  skewMs = 301_000;
  expect((await read())[0]).toBe('<MPD>second</MPD>');
  const stored = () =>
    site.events('miss.fetch.stored').filter((facts) => facts.file === 'manifest.mpd');
  await until(() => stored().length === 2, 'the new manifest to be stored');
  skewMs = 700_000;
  site.cloudFront.interfere = (request) => Boolean(request.destroy());
  expect(await read()).toEqual(['<MPD>second</MPD>', `"${OCA_ID}"; fwd=stale; detail=flash`]);
  skewMs = 0;
});

test('what no disk has room for is streamed through, ranges too', async () => {
  const large = Buffer.alloc(9_000_000, 'a large file ');
  site.cloudFront.put('title-1', 'large.mp4', large);
  const answer = await site.get('/content/title-1/large.mp4', { range: 'bytes=8999990-' });
  expect(answer.status).toBe(206);
  expect(Buffer.from(await answer.arrayBuffer()).equals(large.subarray(8_999_990))).toBe(true);
  expect(answer.headers.get('cache-status')).toBe(`"cloudfront"; hit, "${OCA_ID}"; fwd=uri-miss`);
  const [asset] = (await site.status()).tiers.filter(({ usedBytes }) => usedBytes >= 9_000_000);
  expect(asset).toBeUndefined();
});

test('an empty file is a file', async () => {
  site.cloudFront.put('title-1', 'empty.vtt', Buffer.alloc(0));
  await site.store('title-1', 'empty.vtt');
  const answer = await site.get('/content/title-1/empty.vtt');
  expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '0']);
  expect(answer.headers.get('cache-status')).toContain('; hit');
});

test('hits, misses, refusals and failures are counted, and the bytes of each', () =>
  onSiteOfItsOwn(async () => {
    await askOnce();
    const before = (await site.status()).delivery;
    await site.store('title-1', file);
    await (await site.get(path, { range: 'bytes=0-99' })).arrayBuffer();
    await (await site.get('/nowhere')).arrayBuffer();
    site.cloudFront.interfere = (request) => Boolean(request.destroy());
    await (await site.get('/content/title-1/other.mp4')).arrayBuffer();
    // What nginx has done itself, we hear of within a second or two.
    await until(
      async () => (await site.status()).delivery.hits > before.hits,
      'the hit to be counted',
    );
    const { delivery } = await site.status();
    const names = Object.keys(delivery) as (keyof typeof delivery)[];
    const counted = names.map((name) => [name, (delivery[name] ?? 0) - (before[name] ?? 0)]);
    expect(Object.fromEntries(counted)).toEqual({
      requests: 4,
      hits: 1,
      misses: 2,
      refusals: 1,
      failures: 1,
      clientErrors: 1,
      serverErrors: 1,
      hitBytes: 100,
      missBytes: content.length,
    });
  }));

test('a peer that is told to go on is no error, and a malformed request is one request', () =>
  onSiteOfItsOwn(async () => {
    const before = (await site.status()).delivery;
    await site.get(path, { 'cache-control': 'only-if-cached' });
    await site.get('/%zz');
    const requests = async () => (await site.status()).delivery.requests - before.requests;
    await until(async () => (await requests()) === 2, 'both requests to be counted');
    const { delivery } = await site.status();
    expect(delivery.refusals - before.refusals).toBe(2);
    expect(Number(delivery.clientErrors) - Number(before.clientErrors)).toBe(1);
    expect(delivery.serverErrors).toBe(before.serverErrors);
  }));

test('how long the upstream takes to answer is sampled until the control plane has taken the sample', async () => {
  const sampled = () => site.control.lastReport?.originFirstByteMs ?? [];
  site.cloudFront.interfere = () => {
    skewMs += 250;
    return false;
  };
  await site.store('title-1', file);
  await until(() => sampled().some((ms) => ms >= 250), 'a report with the sample');
  site.control.isSampleTaken = true;
  await until(() => sampled().length === 0, 'a report without it');
  site.control.isSampleTaken = false;
  skewMs = 0;
});

test('the capacity that the operator declares is reported, and none where nobody did', async () => {
  expect(site.control.lastReport?.load).not.toHaveProperty('egressCapacityBitsPerSecond');
  const delivery = { address: '127.0.0.1', port: 0, egressBitsPerSecondMax: 5e9 };
  const declared = await TestSite.start({ config: { delivery } });
  expect(declared.control.lastReport?.load.egressCapacityBitsPerSecond).toBe(5e9);
  await declared.stop();
});
