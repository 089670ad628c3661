import { Readable } from 'node:stream';
import { type ByteSpan, spanSize } from '#domain/delivery/byte-range.ts';
import type { ByteLru, Resident } from './byte-lru.ts';
import { Fill, type FillSource } from './fill.ts';

/** Bytes are kept and evicted in blocks of this size; a range that is not here is fetched from block to block. */
export const BLOCK_BYTES = 256 * 1024;

/** A span that is being read, and where its first missing byte comes from. */
export interface OpenSpan {
  readonly stream: Readable;
  /** Undefined when the whole span is here. */
  readonly supply: Supply | undefined;
}

export interface Supply {
  /** Nobody else had asked for these bytes before. */
  readonly isOwn: boolean;
  /** What the caches on the way said. */
  readonly cacheStatus: string | undefined;
}

interface Block extends Resident {
  readonly bytes: Buffer;
}

/**
 * The bytes of an object, as far as they are here:
 *
 *     block   0     1     2     3     4     5     6     7
 *           [here][here][    ][fill ─────►    ][    ][here]
 *
 * Readers of what is not here wait for the fill that will bring it, or begin one. Fills run while somebody waits for
 * them, so the fastest reader sets the pace, slower ones read what it left behind, and nobody fetches twice what
 * another one is fetching. A reader that falls so far behind that its blocks were evicted begins a fill of its own.
 */
export class SparseBody {
  readonly sizeBytes: number;
  readonly #lru: ByteLru;
  readonly #fetchSpan: (span: ByteSpan) => Promise<FillSource>;
  readonly #blocks = new Map<number, Block>();
  readonly #fills = new Set<Fill>();
  readonly #readers = new Set<object>();

  constructor(sizeBytes: number, lru: ByteLru, fetchSpan: (span: ByteSpan) => Promise<FillSource>) {
    this.sizeBytes = sizeBytes;
    this.#lru = lru;
    this.#fetchSpan = fetchSpan;
  }

  /** Has an answer that is on its way bring the bytes of a span, which begins where a block does. */
  begin(span: ByteSpan, source: Promise<FillSource>): Fill {
    const fill = new Fill(span, source, {
      blockBytes: BLOCK_BYTES,
      store: (index, bytes) => this.#store(index, bytes),
      ended: (ended) => this.#fills.delete(ended),
    });
    this.#fills.add(fill);
    return fill;
  }

  /**
   * Opens a stream of a span, once its first missing byte is on its way. Rejects when that cannot be had. Fills that
   * nobody reads any more end when the last stream is closed.
   */
  async open(span: ByteSpan): Promise<OpenSpan> {
    const reader = {};
    this.#readers.add(reader);
    const leave = () => {
      this.#readers.delete(reader);
      this.release();
    };
    try {
      const supply = await this.#supply(span);
      const stream = Readable.from(this.#bytes(span), { objectMode: false });
      stream.once('close', leave);
      return { stream, supply };
    } catch (thrown) {
      leave();
      throw thrown;
    }
  }

  /** Ends fills if nobody reads, each at the end of the block that it is at. */
  release(): void {
    if (this.#readers.size > 0) return;
    const end = (fill: Fill) => {
      if (this.#readers.size === 0) fill.cancel();
    };
    for (const fill of this.#fills) {
      fill.finishBlock().then(
        () => end(fill),
        () => end(fill),
      );
    }
  }

  /** Gives up all room. Streams go on: they fetch what they still need. */
  clear(): void {
    for (const block of this.#blocks.values()) this.#lru.remove(block);
    this.#blocks.clear();
  }

  async *#bytes(span: ByteSpan): AsyncGenerator<Buffer> {
    let at = span.first;
    while (at <= span.last) {
      const piece = this.#available(at);
      if (piece) {
        const wanted = piece.subarray(0, spanSize({ first: at, last: span.last }));
        at += wanted.length;
        yield wanted;
      } else {
        await this.#fillFrom(at, span.last).fill.pull();
      }
    }
  }

  async #supply(span: ByteSpan): Promise<Supply | undefined> {
    const missing = this.#firstMissing(span);
    if (missing === undefined) return undefined;
    const { fill, isOwn } = this.#fillFrom(missing, span.last);
    const { cacheStatus } = await fill.begun();
    return { isOwn, cacheStatus };
  }

  /** The fill that will bring the byte at `at`; a new one, up to `last`, where there is none. */
  #fillFrom(at: number, last: number): { fill: Fill; isOwn: boolean } {
    const running = this.#fillFor(at);
    if (running) return { fill: running, isOwn: false };
    const span = this.#fetchable(at, last);
    return { fill: this.begin(span, this.#fetchSpan(span)), isOwn: true };
  }

  /** What is here of the block around `at`, from there on. */
  #available(at: number): Buffer | undefined {
    const index = Math.floor(at / BLOCK_BYTES);
    const block = this.#blocks.get(index);
    if (block) {
      this.#lru.touch(block);
      return block.bytes.subarray(at - index * BLOCK_BYTES);
    }
    for (const fill of this.#fills) {
      const bytes = fill.unfinishedFrom(at);
      if (bytes) return bytes;
    }
    return undefined;
  }

  #firstMissing(span: ByteSpan): number | undefined {
    let at = span.first;
    while (at <= span.last) {
      const piece = this.#available(at);
      if (!piece) return at;
      at += piece.length;
    }
    return undefined;
  }

  #fillFor(at: number): Fill | undefined {
    for (const fill of this.#fills) if (fill.willBring(at)) return fill;
    return undefined;
  }

  /** Whole blocks from the one around `at` to the one around `last`, up to the first that is here or on its way. */
  #fetchable(at: number, last: number): ByteSpan {
    const first = Math.floor(at / BLOCK_BYTES) * BLOCK_BYTES;
    let end = first + BLOCK_BYTES;
    while (end <= last && !this.#available(end) && !this.#fillFor(end)) {
      end += BLOCK_BYTES;
    }
    return { first, last: Math.min(end, this.sizeBytes) - 1 };
  }

  #store(index: number, bytes: Buffer): void {
    const replaced = this.#blocks.get(index);
    if (replaced) this.#lru.remove(replaced);
    const block: Block = {
      bytes,
      sizeBytes: bytes.length,
      evict: () => this.#blocks.delete(index),
    };
    this.#blocks.set(index, block);
    this.#lru.admit(block);
  }
}
