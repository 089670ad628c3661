import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import type { ServerRequest } from '../../../oca-agent/platform/http-server.ts';
import { listen } from '../../../oca-agent/platform/http-server-listen.ts';

let folder: string;
let socketPath: string;
const seen: ServerRequest[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socket-test-'));
  socketPath = join(folder, 'agent.sock');
  seen.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const start = (place: { socketPath: string } | { address: string; port: number }) =>
  listen({ ...place, silenceMax: milliseconds(60_000) }, async (asked, reply) => {
    seen.push(asked);
    reply.start(204, {});
    reply.end();
  });

const ask = (where: object, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request({ ...where, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
const ID = '0123456789abcdef0123456789abcdef';

test('on a socket the word of the web server in front counts, for the client and the id', async () => {
  const server = await start({ socketPath });
  expect(server.url).toBe(`unix:${socketPath}`);
  expect((await stat(socketPath)).mode & 0o777).toBe(0o660);
  await ask({ socketPath }, { 'x-client-address': '2001:db8::7', 'x-request-id': ID });
  await ask({ socketPath }, { 'x-client-address': 'nobody', 'x-request-id': 'a"b' });
  await server.stop();
  expect(seen).toMatchObject([
    { remoteAddress: '2001:db8::7', requestId: ID },
    { remoteAddress: '', requestId: undefined },
  ]);
});

test('elsewhere a client cannot say who it is', async () => {
  const server = await start({ address: '127.0.0.1', port: 0 });
  const { port } = new URL(server.url);
  await ask({ port, host: '127.0.0.1' }, { 'x-client-address': '192.0.2.1', 'x-request-id': ID });
  await server.stop();
  expect(seen[0]?.remoteAddress).toBe('127.0.0.1');
  expect(seen[0]?.requestId).toBeUndefined();
});

test('the socket of one that was killed is replaced', async () => {
  const { execFileSync } = await import('node:child_process');
  const leave = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
  expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrow();
  expect((await stat(socketPath)).isSocket()).toBe(true);
  const server = await start({ socketPath });
  expect(await ask({ socketPath }, {})).toBe(204);
  await server.stop();
  await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a socket that is in use, and a file of another kind, are left as they are', async () => {
  const other = createServer((socket) => socket.on('error', () => undefined).end('mine'));
  await new Promise<void>((resolve) => other.listen(socketPath, resolve));
  await expect(start({ socketPath })).rejects.toMatchObject({ code: 'address-taken' });
  expect((await stat(socketPath)).isSocket()).toBe(true);
  await new Promise((resolve) => other.close(resolve));
  await writeFile(socketPath, 'text');
  await expect(start({ socketPath })).rejects.toMatchObject({ code: 'address-taken' });
  expect((await stat(socketPath)).isFile()).toBe(true);
});
