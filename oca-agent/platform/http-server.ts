import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CdnError } from '#domain/errors.ts';
import type { Milliseconds } from '#domain/units.ts';

export type Handler = (request: ServerRequest, reply: Reply) => Promise<void>;
export type Listen = (options: ListenOptions, handler: Handler) => Promise<HttpListener>;
export type Fields = Readonly<Record<string, string>>;

export interface ListenOptions {
  readonly address: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A connection on which nothing moves for so long is cut: a slow reader, or a slow sender. */
  readonly silenceMax: Milliseconds;
  /** Headers of the answers that we give before a request could be read. */
  readonly refusalHeaders?: Fields;
}

export interface HttpListener {
  /** `http://<address>:<port>`, the port that was really taken. */
  readonly url: string;
  connections(): number;
  /** Accepts nothing new, lets what runs end, and cuts what has not ended within 1.2 s. */
  stop(): Promise<void>;
}

export interface ServerRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly httpVersion: string;
  /** Names in lower case; repeated fields joined as Node joins them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  /** The body as text. @throws CdnError `message-too-large` */
  readText(sizeBytesMax: number): Promise<string>;
}

/** The answer. After the client has gone every call does nothing and `write` says so; nothing ever throws. */
export interface Reply {
  readonly isGone: boolean;
  readonly isStarted: boolean;
  start(status: number, headers: Fields): void;
  /** Resolves with true when `chunk` has been handed to the system and its buffer is free again; false: client gone. */
  write(chunk: Uint8Array): Promise<boolean>;
  end(text?: string): void;
  /** Cuts the connection, so that the client sees that the answer is not whole. */
  cut(): void;
}

/** Source: research "appliance", section 4.2, each measured with a probe. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 65_000,
} as const;
const HEADERS_MAX = 64;
const BACKLOG = 4096;
/** While stopping: idle connections are let go after this, all others after that. */
const STOP_IDLE_AFTER_MS = 500;
const STOP_ALL_AFTER_MS = 1200;

export const listen: Listen = async (options, handler) => {
  const state = { isStopping: false };
  const server = createServer(LIMITS, (request, response) => {
    if (state.isStopping) response.setHeader('connection', 'close');
    serve(handler, request, response).catch(() => response.destroy());
  });
  server.maxHeadersCount = HEADERS_MAX;
  server.timeout = options.silenceMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) =>
    refuseUnreadable(error, socket, options.refusalHeaders ?? {}),
  );
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.address.includes(':') ? `[${options.address}]` : options.address;
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
  });
  return {
    url: `http://${host}:${port}`,
    connections: () => connections,
    async stop() {
      state.isStopping = true;
      await stopServer(server);
    },
  };
};

function bind(server: Server, { address, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${address}:${port}`;
      const message = `cannot listen on ${where}: ${error.code ?? error.message}`;
      reject(new CdnError('address-taken', message, { cause: error }));
    });
    server.listen({ host: address, port, backlog: BACKLOG }, resolve);
  });
}

/**
 * `http.Server.close` cuts idle kept-alive connections at once and races with requests on the wire (40 resets in 10,799
 * requests, measured); `net.Server.close` only stops accepting. Source: research "appliance", section 2.2.
 */
async function stopServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  const steps = (async () => {
    await delay(STOP_IDLE_AFTER_MS, undefined, { ref: false });
    server.closeIdleConnections();
    await delay(STOP_ALL_AFTER_MS - STOP_IDLE_AFTER_MS, undefined, { ref: false });
    server.closeAllConnections();
  })();
  await Promise.race([closed, steps]);
  server.close(() => undefined);
}

async function serve(
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client that resets its connection is no event of ours; without a listener it would end the process.
  response.on('error', () => undefined);
  request.on('error', () => undefined);
  await handler(requestOf(request), replyOf(response));
}

function requestOf(request: IncomingMessage): ServerRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    headers: request.headers as Record<string, string | undefined>,
    rawHeaders: request.rawHeaders,
    remoteAddress: request.socket.remoteAddress ?? '',
    async readText(sizeBytesMax) {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      for await (const chunk of request) {
        sizeBytes += chunk.length;
        if (sizeBytes > sizeBytesMax)
          throw new CdnError('message-too-large', `body is longer than ${sizeBytesMax} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

function replyOf(response: ServerResponse): Reply {
  return {
    get isGone() {
      return response.destroyed;
    },
    get isStarted() {
      return response.headersSent;
    },
    start(status, headers) {
      if (response.destroyed || response.headersSent) return;
      response.writeHead(status, headers);
    },
    write: (chunk) =>
      new Promise((resolve) => {
        if (response.destroyed) return resolve(false);
        const onClose = () => resolve(false);
        response.once('close', onClose);
        response.write(chunk, (error) => {
          response.removeListener('close', onClose);
          resolve(!error && !response.destroyed);
        });
      }),
    end(text) {
      if (!response.destroyed) response.end(text);
    },
    cut() {
      response.destroy();
    },
  };
}

const statusOfUnreadable: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex, headers: Fields): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = statusOfUnreadable[error.code ?? ''] ?? 400;
  const fields = { ...headers, Connection: 'close', 'Content-Length': '0' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`);
}
