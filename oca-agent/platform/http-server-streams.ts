import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Milliseconds } from '#domain/units.ts';
import type { Fields, Handler, Reply, ServerRequest } from './http-server.ts';
import { readText } from './http-server-exchange.ts';
import { HTTP1_LIMITS } from './http-server-limits.ts';

/** One request of HTTP/2, as it came. */
export interface StreamRequest {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  readonly silenceMax: Milliseconds;
}

/**
 * What is written at a time. A stream of which not even this much goes in `silenceMax` is cut, though others of its session move.
 * At 20 s that is 6.5 KB/s, far below what an answer needs to end before its own deadline.
 */
const PIECE_BYTES = 128 * 1024;

/** What each field counts beside its name and value. Source: RFC 9113 §6.5.2. */
const FIELD_BYTES = 32;

/** Of the connection, not of the message. Source: RFC 9113 §8.2.2. */
const CONNECTION_FIELDS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Whether the fields are more than our SETTINGS allow, which bind a client that has not acknowledged them yet as well. */
export function isTooLarge(rawHeaders: readonly string[]): boolean {
  const textBytes = rawHeaders.reduce((sum, text) => sum + text.length, 0);
  return textBytes + (rawHeaders.length / 2) * FIELD_BYTES > HTTP1_LIMITS.maxHeaderSize;
}

/** Ends a stream so that its client sees that the answer is not whole: `close` would say first that this was all. */
export function breakOff(stream: ServerHttp2Stream): void {
  stream.destroy(new Error('the answer is broken off'));
}

/** Lets the handler answer one request of HTTP/2. */
export async function serveStream(handler: Handler, asked: StreamRequest): Promise<void> {
  await handler(requestOf(asked), new StreamReply(asked.stream, asked.silenceMax));
}

function requestOf({ stream, headers, rawHeaders, remoteAddress }: StreamRequest): ServerRequest {
  const host = headers.host ?? headers[':authority'];
  const fields = { ...headers, ...(host === undefined ? {} : { host }) };
  return {
    method: headers[':method'] ?? '',
    target: headers[':path'] ?? '',
    httpVersion: '2.0',
    headers: fields as ServerRequest['headers'],
    rawHeaders,
    remoteAddress,
    readText: (sizeBytesMax) => readText(stream, sizeBytesMax),
  };
}

class StreamReply implements Reply {
  readonly #stream: ServerHttp2Stream;
  readonly #silenceMax: Milliseconds;

  constructor(stream: ServerHttp2Stream, silenceMax: Milliseconds) {
    this.#stream = stream;
    this.#silenceMax = silenceMax;
  }

  get isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
  get isStarted(): boolean {
    return this.#stream.headersSent;
  }

  start(status: number, headers: Fields): void {
    if (this.isGone || this.isStarted) return;
    this.#stream.respond({ ':status': status, ...fieldsOf(headers) });
  }

  async write(chunk: Uint8Array): Promise<boolean> {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      if (!(await this.#writePiece(chunk.subarray(at, at + PIECE_BYTES)))) return false;
    }
    return !this.isGone;
  }

  #writePiece(piece: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      const stream = this.#stream;
      // An answer to HEAD has ended before it began.
      if (this.isGone || stream.writableEnded) return resolve(false);
      const disarm = this.#cutWhenSilent();
      const settle = (isSent: boolean) => {
        disarm();
        stream.removeListener('close', onClose);
        resolve(isSent);
      };
      const onClose = () => settle(false);
      stream.once('close', onClose);
      stream.write(piece, (error) => settle(!error && !this.isGone));
    });
  }

  end(text?: string): void {
    const stream = this.#stream;
    if (this.isGone || stream.writableEnded) return;
    stream.once('close', this.#cutWhenSilent());
    stream.end(text);
  }

  cut(): void {
    breakOff(this.#stream);
  }

  /** Returns what calls it off. */
  #cutWhenSilent(): () => void {
    if (this.#silenceMax === 0) return () => undefined;
    const timer = setTimeout(() => this.cut(), this.#silenceMax);
    return () => clearTimeout(timer);
  }
}

const fieldsOf = (headers: Fields): Fields =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !CONNECTION_FIELDS.has(name.toLowerCase())),
  );
