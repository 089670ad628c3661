import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import type {
  Handler,
  HttpListener,
  ServerRequest,
} from '../../../oca-agent/platform/http-server.ts';
import { listen } from '../../../oca-agent/platform/http-server-listen.ts';
import { requestFields } from '../delivery/corpus/http2.ts';
import { RawHttp2 } from '../delivery/corpus/http2-connection.ts';
import {
  pingFrame,
  requestFrame,
  resetFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../delivery/corpus/http2-frames.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { serverIdentity } from '../fixtures/secure-control-plane.ts';
import { until } from '../fixtures/until.ts';

const body = seededBytes(7, 1_500_000);
let identity: { certificate: string; key: string };
let server: HttpListener;
beforeAll(async () => {
  identity = await serverIdentity();
});
afterEach(() => server.stop());

async function start(handler: Handler, silenceMs = 60_000): Promise<void> {
  server = await listen(
    {
      address: '127.0.0.1',
      port: 0,
      silenceMax: milliseconds(silenceMs),
      certificate: { certificate: identity.certificate, privateKey: identity.key },
    },
    handler,
  );
}

const client = (): ClientHttp2Session => {
  const session = connect(server.url, { ca: identity.certificate });
  session.on('error', () => undefined);
  return session;
};
const address = () => ({
  host: '127.0.0.1',
  port: Number(new URL(server.url).port),
  ca: identity.certificate,
});

interface Answered {
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
  readonly code: number;
}
const answerOf = (stream: ClientHttp2Stream): Promise<Answered> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let headers: Record<string, unknown> = {};
    stream.on('response', (found) => {
      headers = found;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      resolve({ headers, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 });
    });
    stream.end();
  });
const get = (session: ClientHttp2Session, path = '/', method = 'GET') =>
  answerOf(session.request({ ':path': path, ':method': method }));

const sendBody: Handler = async (_request, reply) => {
  reply.start(200, { 'Content-Length': String(body.length), Connection: 'close' });
  if (await reply.write(body)) reply.end();
  else reply.cut();
};

test('a request and its answer are the same as over HTTP/1.1, without fields of connections', async () => {
  const seen: ServerRequest[] = [];
  await start(async (request, reply) => {
    seen.push(request);
    await sendBody(request, reply);
  });
  const session = client();
  const { headers, body: got } = await get(session, '/a?b');
  session.close();
  expect(seen[0]).toMatchObject({ method: 'GET', target: '/a?b', httpVersion: '2.0' });
  expect(seen[0]?.headers.host).toBe(new URL(server.url).host);
  expect(seen[0]?.remoteAddress).toBe('127.0.0.1');
  expect(headers).toMatchObject({ ':status': 200, 'content-length': '1500000' });
  expect(headers).not.toHaveProperty('connection');
  expect(got.equals(body)).toBe(true);
});

test('HEAD and 304 have no body, whatever the handler says', async () => {
  await start(async (request, reply) => {
    reply.start(request.target === '/304' ? 304 : 400, {});
    reply.end('text');
  });
  const session = client();
  const answers = [await get(session, '/', 'HEAD'), await get(session, '/304'), await get(session)];
  session.close();
  expect(answers.map(({ headers }) => headers[':status'])).toEqual([400, 304, 400]);
  expect(answers.map(({ body: got }) => String(got))).toEqual(['', '', 'text']);
});

test('a body that is asked for is read, and one that is too long is refused', async () => {
  const told: unknown[] = [];
  await start(async (request, reply) => {
    told.push(await request.readText(5).catch((error: { code: string }) => error.code));
    reply.start(204, {});
    reply.end();
  });
  const session = client();
  for (const text of ['12345', '123456']) {
    const stream = session.request({ ':method': 'POST' });
    stream.write(text);
    await answerOf(stream);
  }
  session.close();
  expect(told).toEqual(['12345', 'message-too-large']);
});

test('an answer that is cut is seen to be broken, and the session goes on', async () => {
  await start(async (request, reply) => {
    reply.start(200, {});
    await reply.write(Buffer.from('half'));
    if (request.target === '/cut') reply.cut();
    else if (request.target === '/throw') throw new Error('broken');
    else reply.end();
  });
  const session = client();
  const codes: number[] = [];
  for (const path of ['/cut', '/throw', '/']) codes.push((await get(session, path)).code);
  session.close();
  const { NGHTTP2_INTERNAL_ERROR: broken, NGHTTP2_NO_ERROR: good } = constants;
  expect(codes).toEqual([broken, broken, good]);
});

test('a stream that takes nothing is cut and its writer told, while others of its session move', async () => {
  const told = Promise.withResolvers<boolean>();
  await start(async (request, reply) => {
    reply.start(200, {});
    const isSent = await reply.write(body);
    if (request.target === '/stalled') told.resolve(isSent);
    reply.end();
  }, 300);
  const connection = new RawHttp2(address(), settingsFrame([4, 1000]));
  connection.send(requestFrame(1, requestFields('/stalled')));
  connection.send(requestFrame(3, requestFields('/moving')));
  const moving = setInterval(() => {
    connection.send(Buffer.concat([windowUpdateFrame(0, 100_000), windowUpdateFrame(3, 100_000)]));
  }, 20);
  expect(await told.promise).toBe(false);
  await connection.settled(1);
  expect(connection.resets.get(1)).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  await connection.settled(3);
  clearInterval(moving);
  expect(connection.received.get(3)).toBe(body.length);
  expect(connection.received.get(1)).toBe(1000);
  connection.close();
});

test('a refusal that a client does not take is cut as well', async () => {
  await start(async (_request, reply) => {
    reply.start(400, {});
    reply.end('a text that is longer than the window');
  }, 300);
  const connection = new RawHttp2(address(), settingsFrame([4, 1]));
  connection.send(requestFrame(1, requestFields('/')));
  await connection.settled(1);
  expect(connection.resets.get(1)).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  connection.close();
});

test.each([
  ['PING', () => pingFrame()],
  ['SETTINGS', () => settingsFrame([3, 100])],
  ['resets', (id: number) => Buffer.concat([requestFrame(id, requestFields('/')), resetFrame(id)])],
])(
  'a client that goes on with %s is asked to be calm, though it reads what it gets',
  async (_what, fault) => {
    await start(async (_request, reply) => {
      reply.start(204, {});
      reply.end();
    });
    const connection = new RawHttp2(address());
    let id = 1;
    for (let round = 0; round < 20 && !connection.isClosed; round += 1) {
      const faults = Array.from({ length: 30 }, (_, index) => fault(id + 2 * index));
      id += 62;
      connection.send(Buffer.concat([...faults, requestFrame(id - 2, requestFields('/'))]));
      await connection.settled(id - 2);
    }
    expect(connection.goaway).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    connection.close();
  },
);

test('each stream counts as a connection, and a session without any as one', async () => {
  const goOn = Promise.withResolvers<void>();
  await start(async (_request, reply) => {
    await goOn.promise;
    reply.start(204, {});
    reply.end();
  });
  const session = client();
  const answers = Array.from({ length: 5 }, () => get(session));
  await until(() => server.connections() === 5, 'five streams');
  goOn.resolve();
  await Promise.all(answers);
  await until(() => server.connections() === 1, 'one connection');
  session.close();
  await until(() => server.connections() === 0, 'none');
});

test('no more than 32 streams of a session are answered at a time; the others wait', async () => {
  let underWay = 0;
  let most = 0;
  await start(async (_request, reply) => {
    underWay += 1;
    most = Math.max(most, underWay);
    reply.start(200, {});
    await reply.write(body.subarray(0, 100_000));
    underWay -= 1;
    reply.end();
  });
  const session = client();
  const answers = await Promise.all(Array.from({ length: 100 }, () => get(session)));
  session.close();
  expect(answers.every(({ body: got }) => got.length === 100_000)).toBe(true);
  expect(most).toBeLessThanOrEqual(32);
});

test('a graceful stop fails no request: answers end, and clients are asked to go elsewhere', async () => {
  let handled = 0;
  await start(async (_request, reply) => {
    handled += 1;
    reply.start(200, { 'Content-Length': String(body.length) });
    for (let at = 0; at < body.length; at += 500_000) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!(await reply.write(body.subarray(at, at + 500_000)))) return;
    }
    reply.end();
  });
  const failures: string[] = [];
  let answered = 0;
  const viewer = async () => {
    const session = client();
    let isWelcome = true;
    session.on('goaway', (code) => {
      isWelcome = false;
      if (code !== constants.NGHTTP2_NO_ERROR) failures.push(`goaway ${code}`);
    });
    session.on('close', () => {
      if (isWelcome) failures.push('closed without a GOAWAY');
    });
    while (isWelcome && !session.closed) {
      const { body: got, code } = await get(session);
      if (got.equals(body)) answered += 1;
      // Node's own client takes back what it had not sent when the GOAWAY came.
      else if (code !== constants.NGHTTP2_REFUSED_STREAM)
        failures.push(`${got.length} bytes, code ${code}`);
    }
  };
  const viewers = Promise.all(Array.from({ length: 8 }, viewer));
  await until(() => answered > 20, 'answers');
  await server.stop();
  await viewers;
  expect(failures).toEqual([]);
  expect(handled).toBe(answered);
  await until(() => server.connections() === 0, 'the end of every connection');
});

test('an answer that does not end is cut when the server stops', async () => {
  await start(async (_request, reply) => {
    reply.start(200, {});
    await reply.write(Buffer.from('half'));
  });
  const session = client();
  const running = get(session);
  await until(() => server.connections() === 1, 'the connection');
  await server.stop();
  await running;
  await until(() => server.connections() === 0, 'the end');
});
