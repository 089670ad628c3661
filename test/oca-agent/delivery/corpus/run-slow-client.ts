import { connect } from 'node:net';
import { type Address, connectTo } from './run-probe.ts';
import type { SlowClient } from './slow.ts';

/** Headers are due within 10 s, checked each second, and a client that does not hang up is cut after 2 s more. */
const PATIENCE_MS = 16_000;

/** Lets a slow client do its worst; resolves when the server has closed its connection, or with false after a while. */
export const letGoOf = (
  address: Address,
  { name, first, drip, transport }: SlowClient,
  path: string,
): Promise<{ name: string; isLetGo: boolean }> =>
  new Promise((resolve) => {
    const { host, port } = address;
    const socket = transport === 'raw' ? connect({ host, port }) : connectTo(address, transport);
    const finish = (isLetGo: boolean) => {
      clearTimeout(timer);
      clearInterval(dripping);
      socket.destroy();
      resolve({ name, isLetGo });
    };
    const timer = setTimeout(() => finish(false), PATIENCE_MS);
    let dripped = 0;
    const dripping = setInterval(() => {
      if (drip === '' || !socket.writable) return;
      socket.write(drip.charAt(dripped % drip.length), 'latin1');
      dripped += 1;
    }, 1000);
    socket.on('error', () => undefined);
    socket.on('close', () => finish(true));
    socket.resume();
    socket.write(first.replaceAll('{path}', path), 'latin1');
  });
