import type { Socket } from 'node:net';
import { FLAG, FRAME, frame, PREFACE, settingsFrame, statusOf } from './http2-frames.ts';
import { type Address, connectTo } from './run-probe.ts';

/** What a server has said on a connection of HTTP/2. */
export interface Http2Answer {
  readonly statuses: ReadonlyMap<number, number>;
  /** Streams that the server ended with an error, and its code. */
  readonly resets: ReadonlyMap<number, number>;
  /** Its last GOAWAY. */
  readonly goaway: number | undefined;
  readonly isClosed: boolean;
}

/** A client that says exactly the frames that it is given, acknowledges SETTINGS, and reads what comes. */
export class RawHttp2 {
  readonly statuses = new Map<number, number>();
  readonly resets = new Map<number, number>();
  /** Bytes of DATA that came on each stream. */
  readonly received = new Map<number, number>();
  goaway: number | undefined;
  isClosed = false;
  readonly #socket: Socket;
  readonly #ended = new Set<number>();
  #waiters: (() => void)[] = [];
  #unread = Buffer.alloc(0);

  /** Opens a connection with these frames after the preface, an empty SETTINGS by default. */
  constructor(address: Address, opening: Uint8Array = settingsFrame()) {
    this.#socket = connectTo(address, 'h2');
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
    this.#socket.write(Buffer.concat([PREFACE, opening]));
  }

  send(frames: Uint8Array): void {
    if (!this.isClosed) this.#socket.write(frames);
  }

  /** Stops to read: what comes fills the buffers between. */
  pause(): void {
    this.#socket.pause();
  }
  close(): void {
    this.#socket.destroy();
  }

  /** Resolves when the stream has been answered or reset to its end, or the connection is closed. */
  settled(stream: number): Promise<void> {
    return this.#until(() => this.#ended.has(stream) || this.resets.has(stream));
  }
  /** Resolves when the server has closed the connection. */
  closed(): Promise<void> {
    return this.#until(() => false);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!this.isClosed && !isSo()) await new Promise<void>((done) => this.#waiters.push(done));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= 9) {
      const end = 9 + this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < end) break;
      const [type = 0, flags = 0] = this.#unread.subarray(3, 5);
      const stream = this.#unread.readUInt32BE(5) & 0x7fffffff;
      this.#note({ type, flags, stream, payload: this.#unread.subarray(9, end) });
      this.#unread = this.#unread.subarray(end);
    }
    this.#wake();
  }

  #note({ type, flags, stream, payload }: Frame): void {
    if (type === FRAME.headers) this.statuses.set(stream, statusOf(payload));
    if (type === FRAME.data)
      this.received.set(stream, (this.received.get(stream) ?? 0) + payload.length);
    if (type === FRAME.reset) this.resets.set(stream, payload.readUInt32BE(0));
    if (type === FRAME.goaway) this.goaway = payload.readUInt32BE(4);
    if (type === FRAME.settings && (flags & FLAG.ack) === 0)
      this.send(frame(FRAME.settings, { flags: FLAG.ack }));
    const mayEnd = type === FRAME.headers || type === FRAME.data;
    if (mayEnd && (flags & FLAG.endStream) !== 0) this.#ended.add(stream);
  }
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}
