import { setTimeout as delay } from 'node:timers/promises';
import { type Http2Probe, requestFields } from './http2.ts';
import { type Http2Answer, RawHttp2 } from './http2-connection.ts';
import { requestFrame } from './http2-frames.ts';
import type { Address } from './run-probe.ts';

/** Nobody needs longer to make up its mind about a probe. */
const DEADLINE_MS = 10_000;

/** Sends the frames of a probe and resolves when the server has settled it, or the deadline has passed. */
export async function sendHttp2Probe(
  address: Address,
  probe: Http2Probe,
  path: string,
): Promise<Http2Answer> {
  const connection = new RawHttp2(address);
  connection.send(probe.frames(path));
  const isOver = probe.outcome === 'ended' ? connection.closed() : connection.settled(1);
  const late = new AbortController();
  const isInTime = await Promise.race([
    isOver.then(() => true),
    delay(DEADLINE_MS, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  const { statuses, resets, goaway } = connection;
  const isClosed = isInTime && connection.isClosed;
  connection.close();
  return { statuses, resets, goaway, isClosed };
}

/** What is wrong with an answer to a probe, whatever server it came from; undefined: it did no harm. */
export function http2HarmOf({ outcome }: Http2Probe, answer: Http2Answer): string | undefined {
  const { statuses, resets, isClosed } = answer;
  const status = statuses.get(1);
  const isServed = status !== undefined && status < 400;
  const seen = `answered ${status ?? 'nothing'}${isClosed ? ', and closed' : ''}`;
  if (outcome === 'ended') return isClosed ? undefined : `${seen}: the connection stays open`;
  if (outcome === 'served') return isServed ? undefined : `${seen}: it was not served`;
  if (outcome === 'refused' && isServed) return `${seen}: it was served`;
  return status !== undefined || resets.has(1) || isClosed ? undefined : seen;
}

/** The status of a plain request on a connection of its own. */
export async function http2Status(address: Address, path: string, range?: string): Promise<number> {
  const connection = new RawHttp2(address);
  const more = range === undefined ? [] : ([['range', range]] as const);
  connection.send(requestFrame(1, requestFields(path, ...more)));
  await connection.settled(1);
  connection.close();
  return connection.statuses.get(1) ?? 0;
}
