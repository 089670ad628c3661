import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { CdnError } from '#domain/errors.ts';
import type { Handler, Reply, ServerRequest } from './http-server.ts';

/** Who asks, where the connection itself does not say it. */
export type ClientOf = (
  headers: ServerRequest['headers'],
) => Pick<ServerRequest, 'remoteAddress' | 'requestId'>;

interface ExchangeOptions {
  readonly clientOf: ClientOf | undefined;
  /** Told when the answer closes its connection. */
  readonly onLast: () => void;
}

/** Lets the handler answer one request of HTTP/1.1. */
export async function serveExchange(
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  { clientOf, onLast }: ExchangeOptions,
): Promise<void> {
  // A client that resets its connection is no event of ours; without a listener it would end the process.
  response.on('error', () => undefined);
  request.on('error', () => undefined);
  await handler(requestOf(request, clientOf), replyOf(response, onLast));
}

function requestOf(request: IncomingMessage, clientOf: ClientOf | undefined): ServerRequest {
  const headers = request.headers as ServerRequest['headers'];
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    headers,
    rawHeaders: request.rawHeaders,
    ...(clientOf?.(headers) ?? { remoteAddress: request.socket.remoteAddress ?? '' }),
    readText: (sizeBytesMax) => readText(request, sizeBytesMax),
  };
}

/** A body as text. @throws CdnError `message-too-large` */
export async function readText(body: Readable, sizeBytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > sizeBytesMax)
      throw new CdnError('message-too-large', `body is longer than ${sizeBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function replyOf(response: ServerResponse, onLast: () => void): Reply {
  return {
    get isGone() {
      return response.destroyed;
    },
    get isStarted() {
      return response.headersSent;
    },
    start(status, headers) {
      if (response.destroyed || response.headersSent) return;
      if (headers.Connection === 'close') onLast();
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
