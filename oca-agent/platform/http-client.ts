import {
  Agent as HttpAgent,
  type IncomingMessage,
  type ClientRequest as NodeRequest,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { CdnError } from '#domain/errors.ts';
import { invariant } from '#domain/invariant.ts';
import type { Milliseconds } from '#domain/units.ts';

/** HTTP/1.1 as a client: no redirects, no decompression, no retries. */
export interface HttpClient {
  /**
   * Resolves when the response's header is there.
   * @throws CdnError `upstream-unreachable` or `upstream-timeout`; the body's iteration throws the same.
   */
  send(request: ClientRequest): Promise<ClientResponse>;
  /** Lets kept-alive connections go. */
  close(): void;
}

export interface ClientRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Longest silence, before the header and between two parts of the body. */
  readonly silenceMax: Milliseconds;
  readonly signal?: AbortSignal | undefined;
}

/** Who we are to one server, and how we know it. Nobody else is shown a certificate of ours. */
export interface ClientTls {
  /** The only server that this client talks to, e.g. `https://control.example.com`. */
  readonly origin: string;
  /** PEM; asked before each request, so that a renewed identity needs no restart. */
  readonly identity: () => { readonly privateKey: string; readonly certificate: string };
  /** PEM of the authorities that may vouch for the server. Default: those that the system trusts. */
  readonly authorities: string | undefined;
}

export interface ClientResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[];
  /** Read it to the end or call {@link discard}; else the connection stays taken. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

/** Idle connections kept for one host. Assumption: a miss storm opens more and drops them again. */
const IDLE_CONNECTIONS_MAX = 64;

/** @param tls what a client of one server shows to it; without it no server is shown anything. */
export function nodeHttpClient(tls?: ClientTls): HttpClient {
  const options = { keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS_MAX };
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);
  const exchange = (request: ClientRequest, isRepeat: boolean): Promise<ClientResponse> =>
    new Promise((resolve, reject) => {
      const isSecure = request.url.startsWith('https:');
      invariant(
        !tls || new URL(request.url).origin === tls.origin,
        'our certificate has one reader',
      );
      const outgoing = (isSecure ? requestHttps : requestHttp)(request.url, {
        // The other idle connections may have been closed as well: a repeat gets a connection of its own.
        agent: !isRepeat && (isSecure ? secure : plain),
        method: request.method,
        headers: headersOf(request),
        ...(isSecure && tls ? secretsOf(tls) : {}),
        timeout: request.silenceMax,
        ...(request.signal ? { signal: request.signal } : {}),
      });
      outgoing.on('timeout', () => {
        const seconds = request.silenceMax / 1000;
        outgoing.destroy(new CdnError('upstream-timeout', `nothing came for ${seconds} s`));
      });
      outgoing.on('error', (error) => {
        const mayRepeat = !isRepeat && request.method !== 'POST' && wasStale(outgoing, error);
        if (mayRepeat) resolve(exchange(request, true));
        else reject(clientFailure(error));
      });
      outgoing.on('response', (incoming) => resolve(responseOf(incoming)));
      outgoing.end(request.body);
    });
  return {
    send: (request) => exchange(request, false),
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Connections are pooled by these too: the next request after a renewal opens one with the new identity. */
function secretsOf({ identity, authorities }: ClientTls) {
  const { privateKey: key, certificate: cert } = identity();
  const ca = authorities === undefined ? {} : { ca: authorities };
  return { key, cert, ...ca, minVersion: 'TLSv1.2' as const };
}

const headersOf = ({ headers, body }: ClientRequest): Record<string, string> => ({
  'accept-encoding': 'identity',
  ...headers,
  ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
});

/** Reads a body as text. @throws CdnError `upstream-invalid` when it is longer than `sizeBytesMax`. */
export async function readBody(response: ClientResponse, sizeBytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    sizeBytes += chunk.length;
    if (sizeBytes > sizeBytesMax)
      throw new CdnError('upstream-invalid', `answer is longer than ${sizeBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function responseOf(incoming: IncomingMessage): ClientResponse {
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return {
    status: incoming.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    rawHeaders: incoming.rawHeaders,
    body: bodyOf(incoming),
    discard: () => incoming.destroy(),
  };
}

async function* bodyOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of incoming) yield chunk;
  } catch (error) {
    throw clientFailure(error);
  }
}

/** The server closed an idle connection as we took it up. Source: RFC 9110 §9.2.2, RFC 9112 §9.3.1. */
const wasStale = ({ reusedSocket }: NodeRequest, error: Error): boolean =>
  reusedSocket && codeOf(error) === 'ECONNRESET';

/** Node's own "socket hang up" has a code, though no system call. */
const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

function clientFailure(error: unknown): CdnError {
  if (error instanceof CdnError) return error;
  const reason = codeOf(error) ?? 'connection lost';
  return new CdnError('upstream-unreachable', `no answer: ${String(reason)}`, { cause: error });
}
