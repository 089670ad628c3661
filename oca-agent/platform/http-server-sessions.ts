import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Milliseconds } from '#domain/units.ts';
import type { Fields, Handler } from './http-server.ts';
import { FaultAllowance } from './http-server-faults.ts';
import { HTTP1_LIMITS, HTTP2_LIMITS, SERVED_STREAMS_MAX } from './http-server-limits.ts';
import { breakOff, isTooLarge, type StreamRequest, serveStream } from './http-server-streams.ts';

export interface SessionOptions {
  readonly silenceMax: Milliseconds;
  /** Headers of the answer to a request that is too large to be read. */
  readonly refusalHeaders?: Fields;
  /** Told of each of those, and when a session is ended for its flaws. */
  readonly onUnreadable?: () => void;
}

/** The highest id of a stream: a GOAWAY with it refuses none that is under way to us. Source: RFC 9113 §6.8. */
const ANY_STREAM = 2 ** 31 - 1;

/** A client that has been sent a GOAWAY, and has no stream, closes its side within this, or is cut. */
const LINGER_MS = 2000;

/** All connections of a listener that speak HTTP/2. */
export class Http2Sessions {
  readonly #handler: Handler;
  readonly #options: SessionOptions;
  readonly #sessions = new Set<Session>();

  constructor(handler: Handler, options: SessionOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  /** Takes over a connection that has agreed on `h2`. */
  accept(socket: TLSSocket): void {
    const session = new Session(socket, this.#handler, this.#options);
    this.#sessions.add(session);
    session.onClose = () => this.#sessions.delete(session);
  }

  /** Streams beside the first of each session. */
  get furtherStreams(): number {
    let streams = 0;
    for (const session of this.#sessions) streams += Math.max(0, session.openStreams - 1);
    return streams;
  }

  /** Asks clients to begin nothing more here; what is on its way is still answered. */
  announceStop(): void {
    for (const session of this.#sessions) session.announceStop();
  }
  /** Lets go what is idle, and the others as soon as their streams have ended. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }
}

class Session {
  onClose: () => void = () => undefined;
  openStreams = 0;
  readonly #socket: TLSSocket;
  readonly #session: ServerHttp2Session;
  readonly #options: SessionOptions;
  readonly #faults = new FaultAllowance(performance.now());
  readonly #handler: Handler;
  readonly #waiting: StreamRequest[] = [];
  #served = 0;
  #timer: NodeJS.Timeout;

  constructor(socket: TLSSocket, handler: Handler, options: SessionOptions) {
    const { remoteAddress = '' } = socket;
    const { silenceMax } = options;
    const session = performServerHandshake(socket, HTTP2_LIMITS);
    this.#socket = socket;
    this.#session = session;
    this.#handler = handler;
    this.#options = options;
    this.#timer = this.#closeAfter(HTTP1_LIMITS.headersTimeout);
    session.on('stream', (stream, headers, _flags, rawHeaders) => {
      this.#noteOpen();
      stream.once('close', () => this.#noteClosed(stream.rstCode));
      // As in HTTP/1.1, a client that resets its stream is no event of ours.
      stream.on('error', () => undefined);
      if (isTooLarge(rawHeaders)) return this.#refuse(stream);
      this.#waiting.push({ stream, headers, rawHeaders, remoteAddress, silenceMax });
      this.#serveNext();
    });
    for (const event of ['ping', 'remoteSettings', 'priority'] as const)
      session.on(event, () => this.#noteFault());
    session.on('error', (error) => this.#noteError(error));
    session.once('close', () => this.onClose());
    socket.once('close', () => clearTimeout(this.#timer));
  }

  announceStop(): void {
    if (!this.#session.closed) this.#session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
  }

  /** Ends with a GOAWAY; a client that keeps its side open, or takes nothing, is cut in the end. */
  close(): void {
    if (this.#session.closed) return;
    this.#session.close();
    if (this.openStreams === 0) this.#destroySoon();
  }

  /** Lets those wait for which there is no buffer; streams that were reset meanwhile are not looked at. */
  #serveNext(): void {
    while (this.#served < SERVED_STREAMS_MAX) {
      const asked = this.#waiting.shift();
      if (!asked) return;
      if (asked.stream.destroyed) continue;
      this.#served += 1;
      void serveStream(this.#handler, asked)
        .catch(() => breakOff(asked.stream))
        .finally(() => {
          this.#served -= 1;
          this.#serveNext();
        });
    }
  }

  #refuse(stream: ServerHttp2Stream): void {
    const { refusalHeaders, onUnreadable } = this.#options;
    onUnreadable?.();
    stream.respond({ ':status': 431, ...refusalHeaders }, { endStream: true });
  }

  #noteOpen(): void {
    this.openStreams += 1;
    clearTimeout(this.#timer);
  }

  #noteClosed(code: number | undefined): void {
    this.openStreams -= 1;
    if (code !== constants.NGHTTP2_NO_ERROR) this.#noteFault();
    if (this.openStreams > 0 || this.#session.destroyed) return;
    if (this.#session.closed) this.#destroySoon();
    else this.#timer = this.#closeAfter(HTTP1_LIMITS.keepAliveTimeout);
  }

  #noteFault(): void {
    if (this.#faults.take(performance.now()) || this.#session.destroyed) return;
    this.#session.destroy(new Error('flooded'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.#options.onUnreadable?.();
  }

  /** A connection that breaks is nobody's flaw. */
  #noteError(error: NodeJS.ErrnoException): void {
    if (error.code?.startsWith('ERR_HTTP2_')) this.#options.onUnreadable?.();
  }

  #closeAfter(durationMs: number): NodeJS.Timeout {
    return setTimeout(() => this.close(), durationMs).unref();
  }
  #destroySoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }
}
