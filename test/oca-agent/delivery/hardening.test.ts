import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededBytes } from '../fixtures/bytes.ts';
import { isNginxPlane } from '../fixtures/data-plane.ts';
import { speakTls } from '../fixtures/secure-site.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { HTTP2 } from './corpus/http2.ts';
import { PATHS, QUERIES, RAW_PATHS } from './corpus/paths.ts';
import { RANGES } from './corpus/ranges.ts';
import { REQUESTS } from './corpus/requests.ts';
import { http2HarmOf, http2Status, sendHttp2Probe } from './corpus/run-http2-probe.ts';
import { type Address, harmOf, sendProbe } from './corpus/run-probe.ts';
import { letGoOf } from './corpus/run-slow-client.ts';
import { SLOW_CLIENTS } from './corpus/slow.ts';
import { SMUGGLING } from './corpus/smuggling.ts';

const PATH = '/content/title-1/v.mp4';
const content = seededBytes(90, 1000);
/** Our own server's words are fixed; those of a web server in front of us are its own. */
const says = (status: number) => (isNginxPlane() ? expect.anything() : status);

const closing = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...fields, 'Connection: close', '', ''].join('\r\n');

/** A site with the file of the corpus, and where it is. */
async function start(isSecure: boolean): Promise<{ site: TestSite; address: Address }> {
  const site = await TestSite.start();
  site.cloudFront.put('title-1', 'v.mp4', content);
  await site.store('title-1', 'v.mp4');
  const ca = isSecure ? { ca: await speakTls(site) } : {};
  return { site, address: { host: '127.0.0.1', port: Number(new URL(site.url).port), ...ca } };
}

describe.each([
  ['in the clear', false],
  ['over TLS', true],
])('HTTP/1.1 %s', (_transport, isSecure) => {
  let site: TestSite;
  let address: Address;
  beforeAll(async () => {
    ({ site, address } = await start(isSecure));
  });
  afterAll(() => site.stop());

  test.each([...SMUGGLING, ...REQUESTS])('$name: $outcome', async (probe) => {
    const answer = await sendProbe(address, probe.bytes, PATH);
    expect(harmOf(probe, answer)).toBeUndefined();
    if (!isNginxPlane()) expect(answer.statuses).toEqual([probe.status]);
  });

  test.each([...PATHS, ...RAW_PATHS])('a path with %s reaches no disk', async (_name, path) => {
    const { statuses, text } = await sendProbe(address, closing(path), PATH);
    expect(statuses).toEqual([says(400)]);
    expect(statuses[0]).toBeGreaterThanOrEqual(400);
    expect(text).not.toMatch(/\/tmp|\.ts|node:|root:/);
  });

  test.each(QUERIES)('a query with %s changes nothing', async (_name, query) => {
    const { statuses, text } = await sendProbe(address, closing(PATH + query), PATH);
    expect(statuses).toEqual([200]);
    expect(text.endsWith(content.toString('latin1'))).toBe(true);
  });

  test.each(RANGES)('%s', async (_name, range, status) => {
    const { statuses, text } = await sendProbe(address, closing(PATH, `Range: ${range}`), PATH);
    const isTooLong = range.length > 8000;
    expect(statuses).toEqual([isTooLong ? 431 : status]);
    expect(text.length).toBeLessThan(3000);
  });

  test('every refusal is counted', async () => {
    const sent = [...SMUGGLING, ...REQUESTS].filter(({ outcome }) => outcome === 'refused');
    const before = (await site.status()).delivery;
    for (const { bytes } of sent) await sendProbe(address, bytes, PATH);
    const after = (await site.status()).delivery;
    expect(after.refusals - before.refusals).toBe(sent.length);
    expect(after.requests - before.requests).toBe(sent.length);
  });

  test('requests that follow each other on one connection are answered in turn', async () => {
    const head = `HEAD ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const { statuses } = await sendProbe(address, head.repeat(3) + closing(PATH), PATH);
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  test('OPTIONS * is answered, and HTTP/1.0 is served and closed', async () => {
    const options = 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    expect((await sendProbe(address, options, PATH)).statuses).toEqual([204]);
    const old = await sendProbe(address, `HEAD ${PATH} HTTP/1.0\r\n\r\n`, PATH);
    expect(old).toMatchObject({ statuses: [200], isClosed: true });
  });

  test('slow clients are let go, and others are served meanwhile', async () => {
    const transports = isSecure ? ['http/1.1', 'h2', 'raw'] : ['http/1.1'];
    const clients = SLOW_CLIENTS.filter(({ transport }) => transports.includes(transport));
    const ending = clients.map((client) => letGoOf(address, client, PATH));
    const served = Promise.all(ending).then(() => 'all gone');
    let answered = 0;
    while ((await Promise.race([served, answerTo(address)])) !== 'all gone') answered += 1;
    const slow = (await Promise.all(ending)).filter(({ isLetGo }) => !isLetGo);
    expect(slow).toEqual([]);
    expect(answered).toBeGreaterThan(10);
  });
});

describe('HTTP/2', () => {
  let site: TestSite;
  let address: Address;
  beforeAll(async () => {
    ({ site, address } = await start(true));
  });
  afterAll(() => site.stop());

  test.each(HTTP2)('$name: $outcome', async (probe) => {
    const answer = await sendHttp2Probe(address, probe, PATH);
    expect(http2HarmOf(probe, answer)).toBeUndefined();
    expect(await http2Status(address, PATH)).toBe(200);
  });

  test.each(PATHS)('a path with %s reaches no disk', async (_name, path) => {
    const status = await http2Status(address, path);
    expect(status === 0 || status >= 400).toBe(true);
  });

  test.each(RANGES)('%s', async (_name, range, status) => {
    const answered = await http2Status(address, PATH, range);
    expect(answered).toBe(range.length > 8000 ? 431 : status);
  });
});

/** A whole good request on a connection of its own. @throws what is wrong with its answer. */
async function answerTo(address: Address): Promise<string> {
  const { statuses, text } = await sendProbe(address, closing(PATH), PATH);
  expect(statuses).toEqual([200]);
  expect(text.endsWith(content.toString('latin1'))).toBe(true);
  return 'served';
}

test('refusals say nothing of the machine', async () => {
  const { site } = await start(false);
  for (const path of ['/nothing', '/content/title-1/none.mp4']) {
    const text = await (await site.get(path)).text();
    expect(text).not.toMatch(/\/tmp|\.ts|node:|at /);
  }
  await site.stop();
});
