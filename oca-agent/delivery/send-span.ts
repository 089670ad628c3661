import type { Clock } from '#domain/clock.ts';
import { type ByteSpan, spanSize } from '#domain/delivery/byte-range.ts';
import { type EpochMs, elapsed } from '#domain/units.ts';
import type { Reply } from '../platform/http-server.ts';

/** Where a representation's bytes are read from: a file, or one that is still growing. */
export interface ByteSource {
  /** Reads from `position`, waiting for bytes that have yet to come. Never returns 0 inside the representation. */
  read(buffer: Uint8Array, position: number): Promise<number>;
}

/** Source: the best of 64 KiB, 512 KiB and 1 MiB, research "performance", section 1. */
const CHUNK_BYTES = 512 * 1024;
const POOLED_MAX = 64;
/** No answer may take longer than this and a rate below any video's. Source: research "appliance", section 4.2. */
const DEADLINE_BASE_MS = 60_000;
const DEADLINE_BYTES_PER_MS = 64;

const pool: Buffer[] = [];

/**
 * Sends a span: `begin` is called once its first bytes have been read, so that a source that fails at once can still be
 * replaced by another. One buffer and one outstanding write a response: a slow reader costs 512 KiB and no more.
 */
export async function sendSpan(options: {
  readonly source: ByteSource;
  readonly span: ByteSpan;
  readonly reply: Reply;
  readonly clock: Clock;
  readonly begin: () => void;
  readonly onSent: (sizeBytes: number) => void;
}): Promise<void> {
  const { source, span, reply, begin, onSent } = options;
  const isLate = deadline(options.clock, spanSize(span));
  const buffer = takeBuffer(spanSize(span));
  let position = span.first;
  while (position <= span.last) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, span.last - position + 1));
    const readBytes = await source.read(wanted, position);
    if (readBytes === 0) throw new Error('the file ended before its size');
    if (position === span.first) begin();
    const isSent = await reply.write(wanted.subarray(0, readBytes));
    // The system may still hold the buffer of a write that failed: it is left to the garbage collector.
    if (!isSent || isLate()) return reply.cut();
    onSent(readBytes);
    position += readBytes;
  }
  giveBuffer(buffer);
  reply.end();
}

function deadline(clock: Clock, sizeBytes: number): () => boolean {
  const startedAt: EpochMs = clock.now();
  const limitMs = DEADLINE_BASE_MS + sizeBytes / DEADLINE_BYTES_PER_MS;
  return () => elapsed(startedAt, clock.now()) > limitMs;
}

function takeBuffer(sizeBytes: number): Buffer {
  if (sizeBytes < CHUNK_BYTES) return Buffer.allocUnsafe(sizeBytes);
  return pool.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

function giveBuffer(buffer: Buffer): void {
  if (buffer.length === CHUNK_BYTES && pool.length < POOLED_MAX) pool.push(buffer);
}
