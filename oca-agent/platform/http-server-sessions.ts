import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Milliseconds } from '#domain/units.ts';
import type { Handler } from './http-server.ts';
import { FaultAllowance } from './http-server-faults.ts';
import { HTTP1_LIMITS, HTTP2_LIMITS } from './http-server-limits.ts';
import { serveStream } from './http-server-streams.ts';

export interface SessionOptions {
  readonly silenceMax: Milliseconds;
  /** Told when a session is ended for its flaws. */
  readonly onUnreadable: (() => void) | undefined;
}

/** The highest id of a stream: a GOAWAY with it refuses none that is under way to us. Source: RFC 9113 §6.8. */
const ANY_STREAM = 2 ** 31 - 1;

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
  readonly #session: ServerHttp2Session;
  readonly #options: SessionOptions;
  readonly #faults = new FaultAllowance(performance.now());
  #timer: NodeJS.Timeout;

  constructor(socket: TLSSocket, handler: Handler, options: SessionOptions) {
    const { remoteAddress = '' } = socket;
    const session = performServerHandshake(socket, HTTP2_LIMITS);
    this.#session = session;
    this.#options = options;
    this.#timer = this.#closeAfter(HTTP1_LIMITS.headersTimeout);
    session.on('stream', (stream, headers, _flags, rawHeaders) => {
      this.#noteOpen();
      stream.once('close', () => this.#noteClosed(stream.rstCode));
      const { silenceMax } = options;
      const asked = { stream, headers, rawHeaders, remoteAddress, silenceMax };
      serveStream(handler, asked).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    });
    for (const event of ['ping', 'remoteSettings', 'priority'] as const)
      session.on(event, () => this.#noteFault());
    session.on('error', (error) => this.#noteError(error));
    session.once('close', () => {
      clearTimeout(this.#timer);
      this.onClose();
    });
  }

  announceStop(): void {
    if (!this.#session.closed) this.#session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
  }

  /** Ends with a GOAWAY; a client that keeps its side open, or takes nothing, is cut in the end. */
  close(): void {
    if (this.#session.closed) return;
    this.#session.close();
    if (this.openStreams === 0) this.#destroyAfter(this.#options.silenceMax);
  }

  #noteOpen(): void {
    this.openStreams += 1;
    clearTimeout(this.#timer);
  }

  #noteClosed(code: number | undefined): void {
    this.openStreams -= 1;
    if (code !== constants.NGHTTP2_NO_ERROR) this.#noteFault();
    if (this.openStreams > 0 || this.#session.destroyed) return;
    if (this.#session.closed) this.#destroyAfter(this.#options.silenceMax);
    else this.#timer = this.#closeAfter(HTTP1_LIMITS.keepAliveTimeout);
  }

  #noteFault(): void {
    if (this.#faults.take(performance.now()) || this.#session.destroyed) return;
    this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.#options.onUnreadable?.();
  }

  /** A connection that breaks is nobody's flaw. */
  #noteError(error: NodeJS.ErrnoException): void {
    if (error.code?.startsWith('ERR_HTTP2_')) this.#options.onUnreadable?.();
  }

  #closeAfter(durationMs: number): NodeJS.Timeout {
    return setTimeout(() => this.close(), durationMs).unref();
  }
  #destroyAfter(durationMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#session.destroy(), durationMs).unref();
  }
}
