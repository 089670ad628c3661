import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { seededBytes } from '../../fixtures/bytes.ts';
import { openPlan, planItem } from '../../fixtures/plans.ts';
import { TestSite } from '../../fixtures/test-agent.ts';
import { until } from '../../fixtures/until.ts';

const CACHE_BYTES = 1_000_000;
const BODY_BYTES_MAX = CACHE_BYTES / 8;

let site: TestSite;
let path = '';
let serial = 0;
let asked = 0;

beforeAll(async () => {
  site = await TestSite.start({
    config: { delivery: { address: '127.0.0.1', port: 0, httpCacheBytesMax: CACHE_BYTES } },
  });
});
afterAll(() => site.stop());
beforeEach(() => {
  serial += 1;
  path = `/content/title-1/file-${serial}.bin`;
  asked = 0;
});
afterEach(() => {
  site.cloudFront.interfere = () => false;
});

function originAnswers(answer: (response: ServerResponse, request: IncomingMessage) => void): void {
  site.cloudFront.interfere = (request, response) => {
    asked += 1;
    answer(response, request);
    return true;
  };
}
const read = async (at = path) => Buffer.from(await (await site.get(at)).arrayBuffer());
/** Lets so many clients ask at once, and resolves when the agent has heard of all of them. */
async function crowd(size: number): Promise<Promise<Response>[]> {
  const { requests } = (await site.status()).delivery;
  const answers = Array.from({ length: size }, () => site.get(path));
  const haveCome = async () => (await site.status()).delivery.requests === requests + size;
  await until(haveCome, 'all clients to have asked');
  return answers;
}
/** An origin that sends a first half at once, and the rest when told. */
function halfway(content: Buffer, headers: Record<string, string>): (isBroken?: 'broken') => void {
  const held = Promise.withResolvers<'broken' | undefined>();
  originAnswers((response) => {
    response.writeHead(200, headers);
    response.write(content.subarray(0, content.length / 2));
    void held.promise.then((broken) =>
      broken ? response.destroy() : response.end(content.subarray(content.length / 2)),
    );
  });
  return (isBroken) => held.resolve(isBroken);
}

test('three hundred clients of a cold path cost one upstream request and all get all of it', async () => {
  const content = seededBytes(5, 100_000);
  const letGo = halfway(content, { 'cache-control': 'max-age=60', 'content-length': '100000' });
  const answers = await crowd(300);
  const first = await Promise.race(answers);
  expect(first.status).toBe(200);
  letGo();
  for (const answer of await Promise.all(answers))
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  expect(asked).toBe(1);
});

test('so do clients of an answer whose length nobody announced', async () => {
  const content = seededBytes(6, 50_000);
  const letGo = halfway(content, { 'cache-control': 'max-age=60' });
  const answers = await crowd(20);
  letGo();
  for (const answer of await Promise.all(answers))
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  expect(asked).toBe(1);
});

test.each([
  { 'cache-control': 'no-store' },
  { 'cache-control': 'private, max-age=60' },
  { vary: '*' },
])('an answer with %j is shared with nobody', async (headers) => {
  const held = Promise.withResolvers<void>();
  originAnswers((response) => {
    const mine = asked;
    void held.promise.then(() => response.writeHead(200, headers).end(`answer ${mine}`));
  });
  const answers = await crowd(20);
  held.resolve();
  const texts = await Promise.all(answers.map(async (answer) => (await answer).text()));
  expect(new Set(texts).size).toBe(20);
});

test('a body that is larger than an eighth of the room passes through whole and is not kept', async () => {
  const content = seededBytes(7, BODY_BYTES_MAX + 1);
  originAnswers((response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': content.length });
    response.end(content);
  });
  for (let round = 1; round <= 2; round += 1) {
    expect((await read()).equals(content)).toBe(true);
    expect(asked).toBe(round);
  }
});

test('one that turns out to be larger only while it comes is passed on whole, too', async () => {
  const content = seededBytes(8, 4_000_000);
  originAnswers((response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' });
    response.end(content);
  });
  for (let round = 1; round <= 2; round += 1) {
    expect((await read()).equals(content)).toBe(true);
    expect(asked).toBe(round);
  }
});

test('when its client leaves, the upstream is let go', async () => {
  const left = Promise.withResolvers<void>();
  originAnswers((response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' });
    const piece = Buffer.alloc(65_536);
    const pour = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', pour);
    response.on('close', () => left.resolve());
    pour();
  });
  const controller = new AbortController();
  await fetch(`${site.url}${path}`, { signal: controller.signal });
  controller.abort();
  await left.promise;
});

test('who was not asked for longest makes room for others', async () => {
  const content = seededBytes(9, 100_000);
  originAnswers((response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': content.length });
    response.end(content);
  });
  const paths = Array.from({ length: 10 }, (_, index) => `/content/title-${index}/a.bin`);
  const [kept = '', gone = ''] = paths;
  for (const one of paths) {
    await read(one);
    await read(kept);
  }
  expect(asked).toBe(10);
  await read(kept);
  expect(asked).toBe(10);
  await read(gone);
  expect(asked).toBe(11);
});

test('an answer that breaks off is not kept, and no client takes it for whole', async () => {
  const content = seededBytes(10, 50_000);
  const letGo = halfway(content, { 'cache-control': 'max-age=60', 'content-length': '50000' });
  const [answer] = await crowd(1);
  letGo('broken');
  await expect(answer?.then((response) => response.arrayBuffer())).rejects.toThrow();
  originAnswers((response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end('whole');
  });
  expect(String(await read())).toBe('whole');
});

test('what was asked for before the title was evicted is not kept', async () => {
  const letGo = halfway(Buffer.from('old'), { 'cache-control': 'max-age=60' });
  const [arriving] = await crowd(1);
  await arriving;
  await site.manage('/evict', { titleId: 'title-1' });
  letGo();
  expect(await (await arriving)?.text()).toBe('old');
  const held = Promise.withResolvers<void>();
  originAnswers((response) => {
    const text = `answer ${asked}`;
    const headers = { 'cache-control': 'max-age=60' };
    void held.promise.then(() => response.writeHead(200, headers).end(text));
  });
  const [awaited] = await crowd(1);
  await until(() => asked === 2, 'the origin to be asked');
  await site.manage('/evict', { titleId: 'title-1' });
  held.resolve();
  expect(await (await awaited)?.text()).toBe('answer 2');
  expect(String(await read())).toBe('answer 3');
});

test('after a soft purge what is fresh is asked about once, and used again', async () => {
  originAnswers((response, { headers }) => {
    const isSame = headers['if-none-match'] === '"a"';
    response.writeHead(isSame ? 304 : 200, { 'cache-control': 'max-age=60', etag: '"a"' });
    response.end(isSame ? undefined : 'kept');
  });
  await read();
  const purgeId = site.control.purge({ titleId: 'title-1', soft: true });
  await until(() => site.control.lastReport?.purgedThrough === purgeId, 'the purge to be applied');
  for (let round = 0; round < 3; round += 1) expect(String(await read())).toBe('kept');
  expect(asked).toBe(2);
});

test('what a plan wants goes to the disks, whatever the upstream says of caching', async () => {
  const content = seededBytes(11, 10_000);
  const item = planItem('planned.mp4', content, { titleId: 'title-2' });
  site.control.sources = [];
  await site.plan(openPlan(1, [item]));
  const isPlanned = async () => (await site.status()).fill.planVersion === 1;
  await until(isPlanned, 'the plan to be in force');
  originAnswers((response) => {
    response.writeHead(200, {
      'cache-control': 'no-store',
      etag: item.etag,
      'content-length': content.length,
    });
    response.end(content);
  });
  expect((await read('/content/title-2/planned.mp4')).equals(content)).toBe(true);
  const isStored = () => site.events('miss.fetch.stored').some(({ file }) => file === item.file);
  await until(isStored, 'the file to be stored');
});
