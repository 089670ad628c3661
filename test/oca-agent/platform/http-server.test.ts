import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import type { Handler } from '../../../oca-agent/platform/http-server.ts';
import { listen } from '../../../oca-agent/platform/http-server-listen.ts';

const start = (handler: Handler, silenceMs = 60_000) =>
  listen({ address: '127.0.0.1', port: 0, silenceMax: milliseconds(silenceMs) }, handler);

/** Sends a request and resolves with all that came when the server closes. */
const raw = (url: string, text: string, options: { isReading?: boolean } = {}) =>
  new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    if (options.isReading === false) socket.pause();
    else
      socket.on('data', (chunk) => {
        answer += chunk;
      });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('a taken port is one clear failure', async () => {
  const first = await start(async () => undefined);
  const port = Number(new URL(first.url).port);
  const second = listen(
    { address: '127.0.0.1', port, silenceMax: milliseconds(0) },
    async () => undefined,
  );
  await expect(second).rejects.toMatchObject({ code: 'address-taken' });
  await first.stop();
});

test('a reader that takes nothing is cut, and the writer is told', async () => {
  const told = Promise.withResolvers<boolean>();
  const server = await start(async (_request, reply) => {
    reply.start(200, {});
    let isSent = true;
    while (isSent) isSent = await reply.write(Buffer.alloc(1_000_000));
    told.resolve(isSent);
  }, 300);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.pause();
  socket.on('error', () => undefined);
  socket.write(GET);
  expect(await told.promise).toBe(false);
  socket.destroy();
  await server.stop();
});

test('a handler that throws cuts the connection and the server goes on', async () => {
  let calls = 0;
  const server = await start(async (_request, reply) => {
    calls += 1;
    if (calls === 1) throw new Error('broken');
    reply.start(204, { Connection: 'close' });
    reply.end();
  });
  expect(await raw(server.url, GET)).toBe('');
  expect(await raw(server.url, GET)).toContain('204');
  await server.stop();
});

test('while stopping nothing new is accepted, and an answer under way ends and closes its connection', async () => {
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const server = await start(async (_request, reply) => {
    asked.resolve();
    await goOn.promise;
    reply.start(200, { 'Content-Length': '4' });
    reply.end('done');
  });
  const running = raw(server.url, GET);
  await asked.promise;
  const stopped = server.stop();
  expect(await raw(server.url, GET)).toBe('');
  goOn.resolve();
  expect(await running).toContain('done');
  await stopped;
});

test('an answer that does not end is cut when the server stops', async () => {
  const server = await start(async (_request, reply) => {
    reply.start(200, {});
    await reply.write(Buffer.from('half'));
  });
  const running = raw(server.url, GET);
  const stopped = server.stop();
  await Promise.all([running, stopped]);
  expect(server.connections()).toBe(0);
});

test('what cannot be read never ends up inside an answer that is under way', async () => {
  const goOn = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const server = await start(async (_request, reply) => {
    reply.start(200, { 'Content-Length': '8' });
    await reply.write(Buffer.from('half'));
    asked.resolve();
    await goOn.promise;
    await reply.write(Buffer.from('half'));
    reply.end();
  });
  const answer = raw(server.url, `${GET}garbage\r\n\r\n`);
  await asked.promise;
  goOn.resolve();
  expect(await answer).not.toMatch(/400|half[^h]/);
  await server.stop();
});

test('what follows a last request is not handled, and its answer is whole', async () => {
  let calls = 0;
  const server = await start(async (_request, reply) => {
    calls += 1;
    reply.start(400, { Connection: 'close', 'Content-Length': '2' });
    await reply.write(Buffer.from('no'));
    reply.end();
  });
  const answer = await raw(server.url, `${GET}${GET}garbage\r\n\r\n`);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer.endsWith('no')).toBe(true);
  expect(calls).toBe(1);
  await server.stop();
});
