import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Probe } from './probe.ts';

/** Where a server of the delivery URLs listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that vouches for it: with it TLS is spoken. */
  readonly ca?: string;
}

export interface ProbeAnswer {
  /** Of all answers, in turn. */
  readonly statuses: readonly number[];
  readonly isClosed: boolean;
  /** Everything that came, a character a byte. */
  readonly text: string;
}

/** Nobody may keep a connection of a probe for longer. */
const DEADLINE_MS = 5000;

/** A connection of HTTP/1.1, or with `protocol` of another one; it never throws. */
export function connectTo({ host, port, ca }: Address, protocol = 'http/1.1'): Socket {
  const socket =
    ca === undefined
      ? connectPlain({ host, port })
      : connectTls({ host, port, ca, ALPNProtocols: [protocol] });
  socket.on('error', () => undefined);
  return socket;
}

/** Sends the bytes of a probe and resolves with all that comes until the server closes, or the deadline. */
export const sendProbe = (address: Address, bytes: string, path: string): Promise<ProbeAnswer> =>
  new Promise((resolve) => {
    const socket = connectTo(address);
    let text = '';
    const finish = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const lines = text.match(/HTTP\/1\.[01] \d{3} /g) ?? [];
      resolve({ statuses: lines.map((line) => Number(line.slice(9))), isClosed, text });
    };
    const timer = setTimeout(() => finish(false), DEADLINE_MS);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => finish(true));
    socket.write(Buffer.from(bytes.replaceAll('{path}', path), 'latin1'));
  });

/** What is wrong with an answer to a probe, whatever server it came from; undefined: it did no harm. */
export function harmOf(
  { outcome }: Probe,
  { statuses, isClosed }: ProbeAnswer,
): string | undefined {
  const seen = `answered ${statuses.join(', ') || 'nothing'}`;
  const isServed = statuses.some((status) => status < 400);
  if (outcome === 'served')
    return statuses.length === 1 && isServed ? undefined : `${seen}: it was not served`;
  if (statuses.length > 1) return `${seen}: what follows was taken for a request`;
  if (outcome === 'refused' && !isClosed) return `${seen}: the connection stays open`;
  return outcome === 'refused' && isServed ? `${seen}: it was served` : undefined;
}
