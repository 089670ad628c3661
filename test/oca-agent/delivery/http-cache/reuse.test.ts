import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '#domain/clock.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import { systemClock } from '../../../../oca-agent/platform/node-platform.ts';
import { OCA_ID, TestSite } from '../../fixtures/test-agent.ts';
import { until } from '../../fixtures/until.ts';

let skewMs = 0;
/** The real clock, set forward by hand. */
const skewedClock: Clock = {
  now: (): EpochMs => epochMs(systemClock.now() + skewMs),
  sleep: systemClock.sleep,
};

let site: TestSite;
let path = '';
let serial = 0;
/** What the origin was asked for, and how. */
let asked: IncomingMessage[] = [];
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

beforeAll(async () => {
  site = await TestSite.start({ platform: { clock: skewedClock } });
});
afterAll(() => site.stop());
beforeEach(() => {
  serial += 1;
  path = `/content/title-1/file-${serial}.json`;
  asked = [];
});
afterEach(() => {
  site.cloudFront.interfere = () => false;
  skewMs = 0;
});

/** Each answer of the origin says how many came before it. */
function originSays(headers: Record<string, string | string[]>, status = 200): void {
  originAnswers((response) => {
    const date = new Date(skewedClock.now()).toUTCString();
    response.writeHead(status, { date, 'content-type': 'text/plain', ...headers });
    response.end(`answer ${asked.length}`);
  });
}
function originAnswers(answer: Answer): void {
  site.cloudFront.interfere = (request, response) => {
    asked.push(request);
    answer(response, request);
    return true;
  };
}
const read = async (headers: Record<string, string> = {}) => {
  const answer = await site.get(path, headers);
  return [answer.status, await answer.text(), answer.headers.get('cache-status')];
};
const bodies = async (...requests: Record<string, string>[]) => {
  const texts: unknown[] = [];
  for (const headers of requests) texts.push((await read(headers))[1]);
  return texts;
};

test('what is fresh is reused with its age, whatever the query, and reaches no disk', async () => {
  originSays({ 'cache-control': 'max-age=60', 'cache-status': '"cloudfront"; fwd=miss' });
  const [, first, miss] = await read();
  expect([first, miss]).toEqual([
    'answer 1',
    `"cloudfront"; fwd=miss, "${OCA_ID}"; fwd=uri-miss; stored; detail=memory`,
  ]);
  skewMs = 10_000;
  const again = await site.get(`${path}?CMCD=sid%3D%22a%22`);
  expect(await again.text()).toBe('answer 1');
  expect(Number(again.headers.get('age'))).toBeGreaterThanOrEqual(10);
  expect(again.headers.get('cache-status')).toMatch(
    new RegExp(`^"${OCA_ID}"; hit; ttl=\\d\\d; detail=memory$`),
  );
  expect(again.headers.get('x-content-type-options')).toBe('nosniff');
  expect(site.events('miss.fetch.stored')).toEqual([]);
});

test.each<[Record<string, string>, boolean]>([
  [{ 'cdn-cache-control': 'max-age=60' }, true],
  [{ 'cdn-cache-control': 'max-age=60', 'cache-control': 'no-store' }, true],
  [{ 'cdn-cache-control': 'max-age=60', expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, true],
  [{ 'cdn-cache-control': 'foo, max-age=99999999999' }, true],
  [{ 'cdn-cache-control': 'max-age=60', age: '61' }, false],
  [{ 'cdn-cache-control': 'max-age=0', 'cache-control': 'max-age=60' }, false],
  [{ 'cdn-cache-control': 'max-age=0', expires: 'Thu, 01 Jan 2099 00:00:00 GMT' }, false],
  [{ 'cdn-cache-control': 'private', 'cache-control': 'max-age=60' }, false],
  [{ 'cdn-cache-control': 'no-cache', 'cache-control': 'max-age=60' }, false],
  [{ 'cdn-cache-control': 'no-store', 'cache-control': 'max-age=60' }, false],
  [{ 'cdn-cache-control': 'max-age=60, &&&&', 'cache-control': 'no-store' }, false],
  [{ 'cdn-cache-control': 'max-age=0, &&&&', 'cache-control': 'max-age=60' }, true],
  [{ 'cdn-cache-control': 'MAX-AGE=0', 'cache-control': 'max-age=60' }, true],
  [{ 'cdn-cache-control': '', 'cache-control': 'max-age=60' }, true],
  [{ 'cdn-cache-control': 'max-age="60"', 'cache-control': 'no-store' }, false],
  [{ 'cdn-cache-control': 'max-age=60, private=?0' }, true],
])('with %j the answer is reused: %s', async (headers, isReused) => {
  originSays(headers);
  expect(await bodies({}, {})).toEqual(['answer 1', isReused ? 'answer 1' : 'answer 2']);
});

test('what went stale is confirmed by one conditional request, however many ask, and is fresh again', async () => {
  originSays({ 'cache-control': 'max-age=5', etag: '"a"', kept: '1', told: '1' });
  await read();
  skewMs = 6000;
  const held = Promise.withResolvers<void>();
  originAnswers((response) => {
    const date = new Date(skewedClock.now()).toUTCString();
    void held.promise.then(() => response.writeHead(304, { date, etag: '"a"', told: '2' }).end());
  });
  const { requests } = (await site.status()).delivery;
  const answers = Array.from({ length: 20 }, () => site.get(path));
  const have20Come = async () => (await site.status()).delivery.requests === requests + 20;
  await until(async () => asked.length === 2 && (await have20Come()), 'all clients to have asked');
  held.resolve();
  for (const answer of await Promise.all(answers)) {
    expect([await answer.text(), answer.headers.get('kept'), answer.headers.get('told')]).toEqual([
      'answer 1',
      '1',
      '2',
    ]);
    expect(answer.headers.get('cache-status')).toContain(`"${OCA_ID}"; fwd=stale; fwd-status=304`);
  }
  expect(asked).toHaveLength(2);
  expect(asked[1]?.headers['if-none-match']).toBe('"a"');
  expect((await read())[2]).toContain('; hit; ');
});

test('what has changed takes the place of what was stored', async () => {
  originSays({ 'cache-control': 'max-age=5', etag: '"a"' });
  await read();
  skewMs = 6000;
  expect(await bodies({}, {})).toEqual(['answer 2', 'answer 2']);
});

test('an answer that may not be stored ends the one that was', async () => {
  originSays({ 'cache-control': 'max-age=5' });
  await read();
  skewMs = 6000;
  originSays({ 'cache-control': 'no-store' });
  expect(await bodies({}, { 'cache-control': 'max-stale' })).toEqual(['answer 2', 'answer 3']);
});

test('while it is confirmed, a stale answer is given for as long as the origin allows', async () => {
  originSays({ 'cache-control': 'max-age=5, stale-while-revalidate=60' });
  await read();
  skewMs = 6000;
  const [, stale, status] = await read();
  expect([stale, status]).toEqual(['answer 1', expect.stringMatching(/; hit; ttl=-\d; /)]);
  await until(async () => (await read())[1] === 'answer 2', 'the new answer');
  expect(asked).toHaveLength(2);
});

test('a stale answer stands in for an upstream that is away, or fails where the origin allows that', async () => {
  const gone: Answer = (response) => void response.destroy();
  const failing: Answer = (response) => void response.writeHead(503, { etag: '"e"' }).end('down');
  originSays({ 'cache-control': 'max-age=5' });
  await read();
  skewMs = 6000;
  originAnswers(gone);
  expect(await read()).toEqual([200, 'answer 1', `"${OCA_ID}"; fwd=stale; detail=memory`]);
  originAnswers(failing);
  expect((await read()).slice(0, 2)).toEqual([503, 'down']);
  originSays({ 'cache-control': 'max-age=5, stale-if-error=60' });
  await read();
  skewMs = 12_000;
  originAnswers(failing);
  expect((await read())[0]).toBe(200);
});

test('nothing stale is given where the origin forbids it', async () => {
  originSays({ 'cache-control': 'max-age=5, must-revalidate, stale-if-error=60' });
  await read();
  skewMs = 6000;
  originAnswers((response) => void response.destroy());
  const [status, text] = await read();
  expect([status, JSON.parse(String(text))]).toMatchObject([502, { code: 'upstream-unreachable' }]);
});

test('an answer with a status of its own is passed on whole and kept as long as it says', async () => {
  originSays({ 'cache-control': 'max-age=5', 'x-reason': 'none' }, 404);
  expect(await read()).toMatchObject([404, 'answer 1', expect.anything()]);
  expect((await read()).slice(0, 2)).toEqual([404, 'answer 1']);
  skewMs = 6000;
  expect((await read()).slice(0, 2)).toEqual([404, 'answer 2']);
});

test('an error page of S3 stays a problem document, and ends what was stored', async () => {
  originSays({ 'cache-control': 'max-age=5' });
  await read();
  skewMs = 6000;
  originSays({ 'x-amz-request-id': 'A', server: 'AmazonS3' }, 404);
  const [status, text] = await read();
  expect([status, JSON.parse(String(text))]).toMatchObject([404, { code: 'asset-not-found' }]);
  expect((await read({ 'cache-control': 'only-if-cached, max-stale' }))[0]).toBe(504);
});

test('ranges, conditions and HEAD are answered from a stored answer', async () => {
  originSays({ 'cache-control': 'max-age=60', etag: 'W/"a"' });
  await read();
  // Else the client that we test with adds no-cache to conditions.
  const get = (headers: Record<string, string>) =>
    site.get(path, { 'cache-control': 'max-age=60', ...headers });
  const part = await get({ range: 'bytes=-1' });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
    206,
    '1',
    'bytes 7-7/8',
  ]);
  expect((await get({ range: 'bytes=8-' })).status).toBe(416);
  expect((await get({ range: 'bytes=0-0', 'if-range': 'W/"a"' })).status).toBe(200);
  const unchanged = await get({ 'if-none-match': '"a"' });
  expect([unchanged.status, unchanged.headers.get('etag')]).toEqual([304, 'W/"a"']);
  expect((await get({ 'if-match': '"b"' })).status).toBe(412);
  const head = await fetch(`${site.url}${path}`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '8']);
  expect(asked).toHaveLength(1);
});

test('a range of what is not stored yet is served from the whole answer, which is stored', async () => {
  originSays({ 'cache-control': 'max-age=60' });
  const part = await site.get(path, { range: 'bytes=0-5' });
  expect([part.status, await part.text()]).toEqual([206, 'answer']);
  expect((await read())[1]).toBe('answer 1');
  expect(asked[0]?.headers.range).toBeUndefined();
});

test('a range of what may not be stored is asked of the origin', async () => {
  originSays({ 'cache-control': 'no-store' });
  await (await site.get(path, { range: 'bytes=0-5' })).text();
  expect(asked.at(-1)?.headers.range).toBe('bytes=0-5');
});

test('a client can ask for what is stored alone, or for what is confirmed', async () => {
  expect((await read({ 'cache-control': 'only-if-cached' }))[0]).toBe(504);
  originSays({ 'cache-control': 'max-age=60' });
  expect(await bodies({}, { 'cache-control': 'only-if-cached' })).toEqual(['answer 1', 'answer 1']);
  expect(await bodies({ 'cache-control': 'no-cache' })).toEqual(['answer 2']);
  expect((await read({ 'cache-control': 'only-if-cached, no-cache' }))[0]).toBe(504);
});

test('each variant is stored for itself', async () => {
  originSays({ 'cache-control': 'max-age=60', vary: 'Accept-Language' });
  const [de, en] = [{ 'accept-language': 'de' }, { 'accept-language': 'en' }];
  expect(await bodies(de, en, de, en, {})).toEqual([
    'answer 1',
    'answer 2',
    'answer 1',
    'answer 2',
    'answer 3',
  ]);
});

test('what somebody got for his credentials is given to nobody else', async () => {
  originSays({ 'cache-control': 'max-age=60' });
  expect(await bodies({ authorization: 'Bearer a' }, {}, {})).toEqual([
    'answer 1',
    'answer 2',
    'answer 2',
  ]);
  expect(asked[0]?.headers.authorization).toBe('Bearer a');
});

test('headers pass in both directions, but for those of one connection and our own', async () => {
  originAnswers((response) => {
    response.writeHead(200, [
      ['Cache-Control', 'max-age=60'],
      ['Connection', 'close, x-hop'],
      ['X-Hop', '1'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Access-Control-Allow-Origin', 'https://other.example'],
      ['X-End', '1'],
    ] as unknown as string[]);
    response.end('x');
  });
  for (let round = 0; round < 2; round += 1) {
    const sent = { 'x-mine': '1', 'x-client-address': '192.0.2.1', 'accept-encoding': 'br' };
    const { headers } = await site.get(path, sent);
    expect([headers.get('x-hop'), headers.get('x-end')]).toEqual([null, '1']);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(headers.get('access-control-allow-origin')).toBe('*');
  }
  const [first] = asked;
  expect(first?.headers).toMatchObject({
    'x-mine': '1',
    'accept-encoding': 'identity',
    via: `1.1 ${OCA_ID}`,
  });
  expect(first?.headers).not.toHaveProperty('x-client-address');
});

test('evicting the title removes what is kept of it', async () => {
  originSays({ 'cache-control': 'max-age=60' });
  await read();
  await site.manage('/evict', { titleId: 'title-2' });
  expect((await read())[1]).toBe('answer 1');
  await site.manage('/evict', { titleId: 'title-1' });
  expect((await read())[1]).toBe('answer 2');
});
