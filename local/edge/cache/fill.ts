import type { Readable } from 'node:stream';
import { type ByteSpan, spanSize } from '#domain/delivery/byte-range.ts';
import { CdnError } from '#domain/errors.ts';

/** An answer of the upstream: the bytes of a span as they come. */
export interface FillSource {
  readonly body: Readable;
  /** What the caches on the way said. */
  readonly cacheStatus: string | undefined;
}

interface FillTarget {
  readonly blockBytes: number;
  /** Takes a whole block. */
  store(index: number, bytes: Buffer): void;
  ended(fill: Fill): void;
}

/** Source: Amazon CloudFront Developer Guide, "Response timeout": how long it waits for the next packet. */
const SILENCE_MS_MAX = 30_000;

interface OpenBlock {
  readonly index: number;
  readonly bytes: Buffer;
  filledBytes: number;
}

/** One answer on its way into blocks. It moves when a reader pulls, and all who pull at once share one step. */
export class Fill {
  readonly #span: ByteSpan;
  readonly #source: Promise<FillSource>;
  readonly #target: FillTarget;
  #chunks: AsyncIterator<Buffer> | undefined;
  #block: OpenBlock | undefined;
  #next: number;
  #step: Promise<void> | undefined;

  /** The span begins where a block does, and ends where one does or where the object does. */
  constructor(span: ByteSpan, source: Promise<FillSource>, target: FillTarget) {
    this.#span = span;
    this.#source = source;
    this.#target = target;
    this.#next = span.first;
    source.catch(() => this.#target.ended(this));
  }

  /** Resolves when the upstream has begun to answer. Rejects when it will not. */
  begun(): Promise<FillSource> {
    return this.#source;
  }

  /** Whether this byte is still to come. */
  willBring(at: number): boolean {
    return at >= this.#next && at <= this.#span.last;
  }

  /** What came of the unfinished block from `at` on. */
  unfinishedFrom(at: number): Buffer | undefined {
    if (!this.#block) return undefined;
    const { index, bytes, filledBytes } = this.#block;
    const offset = at - index * this.#target.blockBytes;
    return offset >= 0 && offset < filledBytes ? bytes.subarray(offset, filledBytes) : undefined;
  }

  /** Resolves when more bytes came. Rejects when none will. */
  pull(): Promise<void> {
    this.#step ??= this.#advance().finally(() => {
      this.#step = undefined;
    });
    return this.#step;
  }

  /** Brings the block that was begun to its end, so that what came of it is not lost. */
  async finishBlock(): Promise<void> {
    while (this.#block) await this.pull();
  }

  /** Lets the answer go. Whole blocks that came stay. */
  cancel(): void {
    this.#target.ended(this);
    this.#source.then(
      ({ body }) => body.destroy(),
      () => undefined,
    );
  }

  async #advance(): Promise<void> {
    try {
      const { body } = await this.#source;
      this.#chunks ??= body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      const { value, done } = await withinTime(this.#chunks.next(), body);
      const expected = spanSize({ first: this.#next, last: this.#span.last });
      if (done || value.length > expected) {
        const details = { expectedBytes: expected, receivedBytes: done ? 0 : value.length };
        throw new CdnError('upstream-invalid', 'the upstream did not send what it announced', {
          details,
        });
      }
      this.#take(value);
    } catch (thrown) {
      this.cancel();
      throw thrown;
    }
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      this.#block ??= this.#openBlock();
      const copiedBytes = rest.copy(this.#block.bytes, this.#block.filledBytes);
      this.#block.filledBytes += copiedBytes;
      this.#next += copiedBytes;
      rest = rest.subarray(copiedBytes);
      if (this.#block.filledBytes === this.#block.bytes.length) this.#closeBlock(this.#block);
    }
  }

  #openBlock(): OpenBlock {
    const { blockBytes } = this.#target;
    const sizeBytes = Math.min(blockBytes, spanSize({ first: this.#next, last: this.#span.last }));
    return { index: this.#next / blockBytes, bytes: Buffer.allocUnsafe(sizeBytes), filledBytes: 0 };
  }

  #closeBlock({ index, bytes }: OpenBlock): void {
    this.#block = undefined;
    this.#target.store(index, bytes);
    if (this.#next <= this.#span.last) return;
    this.#target.ended(this);
    // Reading on to the end of the answer leaves its connection in order, for the next one.
    const finish = () => this.cancel();
    this.#chunks?.next().then(finish, finish);
  }
}

/** Ends a body that brings nothing for so long; `next` then rejects. */
async function withinTime<T>(next: Promise<T>, body: Readable): Promise<T> {
  const timer = setTimeout(() => {
    body.destroy(new CdnError('upstream-timeout', 'the upstream stopped in the middle of a body'));
  }, SILENCE_MS_MAX);
  try {
    return await next;
  } finally {
    clearTimeout(timer);
  }
}
