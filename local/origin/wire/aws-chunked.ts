import { S3Error } from './s3-error.ts';

const LINE_LENGTH_MAX = 4096;
const CHUNK_HEAD = /^([0-9a-f]{1,12})(?:;.*)?$/i;
const TRAILER = /^([a-z0-9-]+):\s*(.*)$/i;
const EMPTY = Buffer.alloc(0);

/**
 * Takes the `aws-chunked` framing off a body, and yields what was inside as it arrives. When it ends, `trailers` holds
 * the fields that followed the last chunk, names in lower case.
 *
 *     400\r\n <1,024 bytes> \r\n 0\r\n x-amz-checksum-crc32:AAAAAA==\r\n \r\n
 *
 * Source: Amazon S3 API Reference, "Signature calculations: including trailing headers (chunked upload)".
 *
 * @throws S3Error IncompleteBody when the framing is broken or ends early.
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  for (;;) {
    const sizeBytes = chunkSize(await reader.line());
    if (sizeBytes === 0) break;
    yield* reader.take(sizeBytes);
    if ((await reader.line()) !== '') throw new S3Error('IncompleteBody');
  }
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const [, name, value] = TRAILER.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new S3Error('IncompleteBody');
    trailers.set(name.toLowerCase(), value.trim());
  }
}

function chunkSize(line: string): number {
  const digits = CHUNK_HEAD.exec(line)?.[1];
  if (digits === undefined) throw new S3Error('IncompleteBody');
  return Number.parseInt(digits, 16);
}

/** Reads lines and counted bytes from a stream of buffers of any sizes, holding back no more than one of them. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #pending: Buffer = EMPTY;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The text up to the next CRLF, which is consumed. */
  async line(): Promise<string> {
    let end = this.#pending.indexOf('\r\n');
    while (end < 0) {
      if (this.#pending.length > LINE_LENGTH_MAX) throw new S3Error('IncompleteBody');
      this.#pending = Buffer.concat([this.#pending, await this.#next()]);
      end = this.#pending.indexOf('\r\n');
    }
    const text = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + 2);
    return text;
  }

  async *take(sizeBytes: number): AsyncGenerator<Buffer> {
    let left = sizeBytes;
    while (left > 0) {
      if (this.#pending.length === 0) this.#pending = await this.#next();
      const piece = this.#pending.subarray(0, left);
      this.#pending = this.#pending.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#source.next();
    if (done) throw new S3Error('IncompleteBody');
    return value;
  }
}
