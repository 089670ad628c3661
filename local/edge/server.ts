import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../origin/program.ts';
import type { Fields } from './cache/messages.ts';
import {
  type EdgeLocationParts,
  exchange,
  type ViewerRequest,
  type ViewerResponse,
} from './viewer-exchange.ts';

export interface EdgeCounters {
  requests: number;
  sentBytes: number;
  /** By {@link ViewerResponse.result}. */
  readonly byResult: Record<string, number>;
}

/** Longer than players leave a connection idle between two segments. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The HTTP server of one edge location. It speaks plain HTTP, as TLS is taken as terminated in front of it: what the
 * template says of TLS and of the viewer protocol policy has no effect here.
 */
export function createEdgeServer(
  parts: EdgeLocationParts,
  { counters, log }: { counters: EdgeCounters; log: Log },
): Server {
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (message, response) => {
    const startedAt = performance.now();
    void answer(parts, message, response)
      .then((outcome) => {
        counters.requests += 1;
        counters.sentBytes += outcome.bytes;
        counters.byResult[outcome.result] = (counters.byResult[outcome.result] ?? 0) + 1;
        const ms = Math.round(performance.now() - startedAt);
        log('edge.request', { method: message.method, ...outcome, ms });
      })
      .catch((thrown) => log('edge.request.broken', { reason: String(thrown) }));
  });
}

interface Outcome {
  /** Never with a token in it. */
  readonly path: string;
  readonly pathPattern: string;
  readonly status: number;
  readonly result: string;
  readonly bytes: number;
}

async function answer(
  parts: EdgeLocationParts,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome> {
  // A GET has no body; what a client sends all the same is not kept.
  message.resume();
  const reply = await exchange(parts, viewerRequest(message));
  const { status, fields, body, result, servedUri, behavior } = reply;
  response.writeHead(status, fields as Record<string, string>);
  let sentBytes = 0;
  async function* counted(source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      sentBytes += chunk.length;
      yield chunk;
    }
  }
  if (body && message.method !== 'HEAD') {
    // A viewer that leaves, or an origin that breaks off: either way the connection is all there is to end.
    await pipeline(body, counted, response).catch(() => response.destroy());
  } else {
    body?.destroy();
    response.end();
  }
  const path = servedUri.replace(/\/~[^/]*/, '/~');
  return { path, pathPattern: behavior.pathPattern, status, result, bytes: sentBytes };
}

function viewerRequest(message: IncomingMessage): ViewerRequest {
  const [uri = '', ...query] = (message.url ?? '').split('?');
  return {
    method: message.method ?? '',
    uri,
    querystring: query.join('?'),
    fields: fieldsOf(message),
    clientIp: message.socket.remoteAddress ?? '',
  };
}

/** Header fields with one value each: repeated ones are joined as lists are. */
function fieldsOf({ headersDistinct }: IncomingMessage): Fields {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ', '),
    ]),
  );
}
