import { chmod, lstat, rm } from 'node:fs/promises';
import { type AddressInfo, connect, type Server } from 'node:net';
import { CdnError } from '#domain/errors.ts';
import type { ListenPlace } from './http-server.ts';
import { BACKLOG } from './http-server-limits.ts';

/** The web server in front of us runs as another user of our group. */
const SOCKET_MODE = 0o660;

/** Takes the place and returns its URL. @throws CdnError `address-taken`. */
export async function bind(server: Server, place: ListenPlace): Promise<string> {
  if ('socketPath' in place) return bindSocket(server, place.socketPath);
  const { address, port } = place;
  await take(server, { host: address, port }, `${address}:${port}`);
  const host = address.includes(':') ? `[${address}]` : address;
  const scheme = place.certificate ? 'https' : 'http';
  return `${scheme}://${host}:${(server.address() as AddressInfo).port}`;
}

async function bindSocket(server: Server, path: string): Promise<string> {
  await removeStaleSocket(path);
  await take(server, { path }, path);
  await chmod(path, SOCKET_MODE);
  return `unix:${path}`;
}

/** One that was killed leaves its socket behind. One that still answers keeps it, and so does a file of another kind. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() && !(await isAnswered(path))) await rm(path, { force: true });
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });

function take(server: Server, where: object, shown: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `cannot listen on ${shown}: ${error.code ?? error.message}`;
      reject(new CdnError('address-taken', message, { cause: error }));
    });
    server.listen({ ...where, backlog: BACKLOG }, resolve);
  });
}
