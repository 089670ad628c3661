import { CdnError } from '#domain/errors.ts';
import type { ByteSource } from '../send-span.ts';

/** Asks for room for more bytes. False: there is none, and the body will not be kept. */
export type TakeRoom = (sizeBytes: number) => boolean;

/**
 * A body in memory, which clients read while it arrives and afterwards. One whose size nobody announced may outgrow its room:
 * what has come is kept no longer than its first reader needs it, and the rest goes to him alone.
 */
export class ArrivingBody implements ByteSource {
  /** What the upstream announced. */
  readonly announcedBytes: number | undefined;
  readonly #chunks: Uint8Array[] = [];
  #receivedBytes = 0;
  #state: 'arriving' | 'complete' | 'outgrown' | 'failed' = 'arriving';
  #failure: unknown;
  #rest: AsyncIterator<Uint8Array> | undefined;
  #isAbandoned = false;
  #progress = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();

  constructor(announcedBytes: number | undefined) {
    this.announcedBytes = announcedBytes;
  }

  get isComplete(): boolean {
    return this.#state === 'complete';
  }
  /** Known when it was announced or all of it is there. */
  get sizeBytes(): number | undefined {
    return this.isComplete ? this.#receivedBytes : this.announcedBytes;
  }

  /** Takes the body in until it ends or there is no room left for it. True: it is complete. Never rejects. */
  async takeIn(body: AsyncIterable<Uint8Array>, takeRoom: TakeRoom): Promise<boolean> {
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        // A copy: what the socket hands over is a small part of a larger buffer.
        this.#add(Uint8Array.from(next.value));
        if (takeRoom(next.value.length)) continue;
        this.#rest = iterator;
        this.#end('outgrown');
        if (this.#isAbandoned) await iterator.return?.();
        return false;
      }
      this.#end('complete');
    } catch (error) {
      this.#failure = error;
      this.#end('failed');
    }
    return this.isComplete;
  }

  /** Resolves when it is known whether the body is complete. True: it is. */
  async settle(): Promise<boolean> {
    await this.#settled.promise;
    return this.isComplete;
  }

  /** Reads inside the announced or received size. */
  async read(buffer: Uint8Array, position: number): Promise<number> {
    while (position >= this.#receivedBytes) await this.#waitForMore();
    let start = 0;
    for (const chunk of this.#chunks) {
      if (position < start + chunk.length) {
        const part = chunk.subarray(position - start).subarray(0, buffer.length);
        buffer.set(part);
        return part.length;
      }
      start += chunk.length;
    }
    return 0;
  }

  /** All of it as it comes, for its first reader. */
  async *stream(): AsyncGenerator<Uint8Array> {
    for (let index = 0; ; index += 1) {
      while (index >= this.#chunks.length && this.#state === 'arriving')
        await this.#progress.promise;
      const chunk = this.#chunks[index];
      if (!chunk) break;
      yield chunk;
    }
    if (this.#state === 'failed') throw this.#failure;
    const rest = this.#rest;
    if (rest) yield* { [Symbol.asyncIterator]: () => rest };
  }

  /** The first reader reads no further. What is to be kept comes all the same. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await this.#rest?.return?.();
  }

  async #waitForMore(): Promise<void> {
    if (this.#state === 'failed') throw this.#failure;
    if (this.#state !== 'arriving')
      throw new CdnError('upstream-invalid', 'the body ended before its size');
    await this.#progress.promise;
  }

  #add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#receivedBytes += chunk.length;
    this.#wake();
  }

  #end(state: 'complete' | 'outgrown' | 'failed'): void {
    this.#state = state;
    this.#settled.resolve();
    this.#wake();
  }

  #wake(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
