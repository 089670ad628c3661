import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { decodeAwsChunked } from './aws-chunked.ts';
import {
  algorithmOfField,
  type Checksum,
  type ChecksumAlgorithm,
  type Digest,
  digestOf,
} from './checksum.ts';
import { S3Error } from './s3-error.ts';
import { UNSIGNED_PAYLOAD } from './sigv4.ts';

export interface ReceivedBody {
  readonly sizeBytes: number;
  readonly md5: Buffer;
  readonly checksum?: Checksum;
}

/** The list of 10,000 parts, which is the longest text that a client sends, is well below this. */
const XML_BYTES_MAX = 2 * 2 ** 20;
const STREAMING_PAYLOAD = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/**
 * Streams a request's body into a new file and checks it against all that the client said of it: length, signed
 * SHA-256, Content-MD5 and one flexible checksum, in a header or in a trailer. On a mismatch the file is removed.
 *
 * @throws S3Error
 */
export async function receiveBody(request: IncomingMessage, file: string): Promise<ReceivedBody> {
  const body = new AnnouncedBody(request.headers);
  try {
    await pipeline(
      request,
      (source: AsyncIterable<Buffer>) => body.check(source),
      createWriteStream(file, { flags: 'wx' }),
    );
    return body.received();
  } catch (thrown) {
    await rm(file, { force: true });
    throw thrown;
  }
}

/** Reads a small XML body, checked in the same way. @throws S3Error */
export async function receiveText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > XML_BYTES_MAX) throw new S3Error('MalformedXML');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks);
  const payloadHash = field(request.headers, 'x-amz-content-sha256') ?? UNSIGNED_PAYLOAD;
  const isAsSigned = createHash('sha256').update(text).digest('hex') === payloadHash;
  if (payloadHash !== UNSIGNED_PAYLOAD && !isAsSigned) {
    throw new S3Error('XAmzContentSHA256Mismatch');
  }
  return text.toString('utf8');
}

/** What the header fields promise of a body, held against the bytes that come. */
class AnnouncedBody {
  readonly #headers: IncomingHttpHeaders;
  readonly #payloadHash: string;
  readonly #trailers = new Map<string, string>();
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  readonly #checksum: { field: string; algorithm: ChecksumAlgorithm; digest: Digest } | undefined;
  #sizeBytes = 0;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
    this.#payloadHash = field(headers, 'x-amz-content-sha256') ?? UNSIGNED_PAYLOAD;
    const isKnown =
      /^[0-9a-f]{64}$/.test(this.#payloadHash) ||
      [UNSIGNED_PAYLOAD, STREAMING_PAYLOAD].includes(this.#payloadHash);
    if (!isKnown) {
      throw new S3Error('NotImplemented', `This origin does not read ${this.#payloadHash}.`);
    }
    const announced = announcedChecksum(headers);
    this.#checksum = announced && { ...announced, digest: digestOf(announced.algorithm) };
  }

  async *check(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const expectedBytes = this.#expectedBytes();
    const plain = this.#isChunked ? decodeAwsChunked(source, this.#trailers) : source;
    for await (const chunk of plain) {
      this.#sizeBytes += chunk.length;
      if (this.#sizeBytes > expectedBytes) throw new S3Error('IncompleteBody');
      this.#md5.update(chunk);
      this.#checksum?.digest.update(chunk);
      if (this.#isHashed) this.#sha256.update(chunk);
      yield chunk;
    }
    if (this.#sizeBytes !== expectedBytes) throw new S3Error('IncompleteBody');
  }

  /** @throws S3Error unless everything matched. To be called once. */
  received(): ReceivedBody {
    const md5 = this.#md5.digest();
    const contentMd5 = field(this.#headers, 'content-md5');
    if (contentMd5 !== undefined && contentMd5 !== md5.toString('base64')) {
      throw new S3Error('BadDigest');
    }
    if (this.#isHashed && this.#sha256.digest('hex') !== this.#payloadHash) {
      throw new S3Error('XAmzContentSHA256Mismatch');
    }
    const checksum = this.#verifiedChecksum();
    return { sizeBytes: this.#sizeBytes, md5, ...(checksum && { checksum }) };
  }

  #verifiedChecksum(): Checksum | undefined {
    if (!this.#checksum) return undefined;
    const { field: name, algorithm, digest } = this.#checksum;
    const value = digest.value();
    if (value !== (this.#trailers.get(name) ?? field(this.#headers, name))) {
      throw new S3Error('BadDigest', `The ${algorithm.toUpperCase()} you specified did not match.`);
    }
    return { algorithm, value };
  }

  #expectedBytes(): number {
    const text = this.#headers[this.#isChunked ? 'x-amz-decoded-content-length' : 'content-length'];
    if (typeof text !== 'string' || !/^\d{1,15}$/.test(text))
      throw new S3Error('MissingContentLength');
    return Number(text);
  }

  get #isChunked(): boolean {
    return this.#payloadHash === STREAMING_PAYLOAD;
  }

  get #isHashed(): boolean {
    return this.#payloadHash.length === 64;
  }
}

function announcedChecksum(
  headers: IncomingHttpHeaders,
): { field: string; algorithm: ChecksumAlgorithm } | undefined {
  const trailers = (field(headers, 'x-amz-trailer') ?? '').toLowerCase().split(',');
  for (const name of [...Object.keys(headers), ...trailers.map((text) => text.trim())]) {
    const algorithm = algorithmOfField(name);
    if (algorithm !== undefined) return { field: name, algorithm };
  }
  return undefined;
}

function field(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
