import type { Clock } from '#domain/clock.ts';
import type { OcaId, TitleId } from '#domain/ids.ts';
import { bytes, type EpochMs, elapsed } from '#domain/units.ts';
import type { Fields, Reply, ServerRequest } from '../../platform/http-server.ts';
import { cmcdOf, type DeliveryRecord, networkOf, outcomeOf } from './delivery-record.ts';

/** An answer that knows what was sent of it, and carries the id that its line in the log has. */
export class RecordedReply implements Reply {
  readonly requestId: string;
  readonly #reply: Reply;
  readonly #request: ServerRequest;
  readonly #clock: Clock;
  readonly #cameAt: EpochMs;
  #status = 0;
  #cacheStatus: string | undefined;
  #sentBytes = 0;
  #isWhole = false;
  #subject: { readonly titleId?: TitleId; readonly file?: string } = {};
  #sessionId: string | undefined;

  constructor(reply: Reply, request: ServerRequest, clock: Clock, requestId: string) {
    this.#reply = reply;
    this.#request = request;
    this.#clock = clock;
    this.#cameAt = clock.now();
    this.requestId = requestId;
  }

  get isGone(): boolean {
    return this.#reply.isGone;
  }
  get isStarted(): boolean {
    return this.#reply.isStarted;
  }

  start(status: number, headers: Fields): void {
    if (this.isGone || this.isStarted) return;
    this.#status = status;
    this.#cacheStatus = headers['Cache-Status'];
    this.#reply.start(status, { ...headers, 'X-Request-Id': this.requestId });
  }
  async write(chunk: Uint8Array): Promise<boolean> {
    const isSent = await this.#reply.write(chunk);
    if (isSent) this.#sentBytes += chunk.length;
    return isSent;
  }
  end(text?: string): void {
    this.#isWhole = this.isStarted && !this.isGone;
    if (text !== undefined && this.#isWhole) this.#sentBytes += Buffer.byteLength(text);
    this.#reply.end(text);
  }
  cut(): void {
    this.#reply.cut();
  }

  /** What is asked for. */
  noteSubject(titleId: TitleId, file: string): void {
    this.#subject = { titleId, file };
  }
  /** Whose genuine token came with it. */
  noteSession(sessionId: string): void {
    this.#sessionId = sessionId;
  }

  /** Call when the answer has ended, one way or another. */
  record(ocaId: OcaId): DeliveryRecord {
    const { method, target, headers, remoteAddress } = this.#request;
    return {
      at: this.#cameAt,
      requestId: this.requestId,
      ocaId,
      sessionId: this.#sessionId,
      ...this.#subject,
      method,
      range: headers.range,
      status: this.#status,
      ...outcomeOf(this.#cacheStatus),
      sentBytes: bytes(this.#sentBytes),
      isWhole: this.#isWhole,
      took: elapsed(this.#cameAt, this.#clock.now()),
      network: networkOf(remoteAddress),
      cmcd: cmcdOf(target, headers),
    };
  }
}
