import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededBytes } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';

const content = seededBytes(90, 1000);
let site: TestSite;
let port = 0;

beforeAll(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'v.mp4', content);
  await site.store('title-1', 'v.mp4');
  port = Number(new URL(site.url).port);
});
afterAll(() => site.stop());

/** Sends bytes as they are and returns all that comes until the server closes, or says no more after an answer. */
const probe = (
  bytes: string,
  until = /\r\n\r\n/,
): Promise<{ statuses: number[]; isClosed: boolean }> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const finish = (isClosed: boolean) => {
      socket.destroy();
      const lines = answer.match(/HTTP\/1\.1 \d{3}/g) ?? [];
      resolve({ statuses: lines.map((line) => Number(line.slice(9))), isClosed });
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (until.test(answer) && !/connection: close/i.test(answer)) finish(false);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => finish(true));
    socket.write(Buffer.from(bytes, 'latin1'));
  });

const P = '/content/title-1/v.mp4';
const refused: [name: string, request: string, status: number][] = [
  ['two Host fields', `GET ${P} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, 400],
  ['no Host field', `GET ${P} HTTP/1.1\r\n\r\n`, 400],
  ['another HTTP version', `GET ${P} HTTP/2.0\r\nHost: a\r\n\r\n`, 400],
  ['HTTP/0.9', `GET ${P}\r\n\r\n`, 400],
  ['an absolute target', `GET http://evil.example${P} HTTP/1.1\r\nHost: a\r\n\r\n`, 400],
  ['a body on GET', `GET ${P} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /`, 400],
  [
    'a chunked body on GET',
    `GET ${P} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    'both lengths',
    `GET ${P} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    'two lengths',
    `GET ${P} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc`,
    400,
  ],
  ['a signed length', `GET ${P} HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc`, 400],
  ['a space before the colon', `GET ${P} HTTP/1.1\r\nHost : a\r\n\r\n`, 400],
  ['a folded field', `GET ${P} HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n`, 400],
  ['a NUL in a field', `GET ${P} HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n`, 400],
  [
    'an upgrade',
    `GET ${P} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    400,
  ],
  ['TRACE', `TRACE ${P} HTTP/1.1\r\nHost: a\r\n\r\n`, 405],
  ['POST', `POST ${P} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx`, 405],
  ['an unknown method', `BREW ${P} HTTP/1.1\r\nHost: a\r\n\r\n`, 400],
  [
    'a header that is too large',
    `GET ${P} HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(9000)}\r\n\r\n`,
    431,
  ],
  ['a target that is too long', `GET /${'b'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
];
test.each(refused)('%s is refused and the connection is closed', async (_name, request, status) => {
  const { statuses, isClosed } = await probe(request);
  expect(statuses).toEqual([status]);
  expect(isClosed).toBe(true);
});

const paths = [
  '/../../etc/passwd',
  '/content/title-1/../v.mp4',
  '/content/title-1/%2e%2e/v.mp4',
  '/content/title-1/..\\v.mp4',
  '/content/title-1//v.mp4',
  '/content/title-1/.hidden',
  '/content/title-1/v.mp4%00',
  '/~/content/title-1/v.mp4/',
  '//content/title-1/v.mp4',
];
test.each(paths)('%s has no parse and reaches no disk', async (path) => {
  const { statuses } = await probe(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(statuses).toEqual([400]);
});

test('more header fields than 64 cannot hide a second Host', async () => {
  const many = Array.from({ length: 80 }, (_, index) => `X-${index}: v\r\n`).join('');
  const { statuses } = await probe(`GET ${P} HTTP/1.1\r\nHost: a\r\n${many}Host: b\r\n\r\n`);
  expect(statuses).toEqual([431]);
});

test('requests that follow each other on one connection are answered in turn', async () => {
  const head = `HEAD ${P} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const { statuses } = await probe(head.repeat(3), /(?:[\s\S]*?\r\n\r\n){3}/);
  expect(statuses).toEqual([200, 200, 200]);
});

test('what follows a refused request on the connection is not looked at', async () => {
  const smuggled = `GET ${P} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const { statuses } = await probe(
    `GET ${P} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n${smuggled}`,
  );
  expect(statuses).toEqual([400]);
});

test('OPTIONS * is answered, and HTTP/1.0 is served and closed', async () => {
  expect((await probe('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')).statuses).toEqual([204]);
  expect(await probe(`HEAD ${P} HTTP/1.0\r\n\r\n`)).toEqual({ statuses: [200], isClosed: true });
});

test('refusals say nothing of the machine', async () => {
  for (const path of ['/nothing', '/content/title-1/none.mp4']) {
    const text = await (await site.get(path)).text();
    expect(text).not.toMatch(/\/tmp|\.ts|node:|at /);
  }
});
