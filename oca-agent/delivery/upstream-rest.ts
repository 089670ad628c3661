import { CdnError, errorCodeOf, errorKind } from '#domain/errors.ts';
import { failureFacts, type Log } from '../log.ts';
import type { ClientResponse, HttpClient } from '../platform/http-client.ts';
import { type Answer, answer } from './answer.ts';
import type { Representation } from './delivery-headers.ts';
import type { ByteSource } from './send-span.ts';
import { UPSTREAM_SILENCE_MAX } from './upstream.ts';

export interface UpstreamAccess {
  readonly httpClient: HttpClient;
  /** Where the upstream has the file. @throws CdnError `upstream-unreachable` when that is not known. */
  readonly url: () => string;
  readonly log: Log;
}

/**
 * Answers as {@link answer} does. When a disk fails in the middle of an answer that has begun, the rest comes from the
 * upstream: the entity tag is the same on every layer, and so are the bytes.
 */
export async function answerToTheEnd(
  options: Answer,
  source: ByteSource,
  upstream: UpstreamAccess,
): Promise<void> {
  let rest: UpstreamRest | undefined;
  const read = async (buffer: Uint8Array, position: number): Promise<number> => {
    if (rest) return rest.read(buffer);
    try {
      return await source.read(buffer, position);
    } catch (error) {
      if (!options.reply.isStarted || errorKind(errorCodeOf(error)).source !== 'internal')
        throw error;
      const { code, message } = failureFacts(error);
      upstream.log('delivery.disk.left', { file: options.representation.file, code, message });
      rest = await openRest(options.representation, position, upstream);
      return rest.read(buffer);
    }
  };
  try {
    await answer(options, { read });
  } finally {
    rest?.close();
  }
}

async function openRest(
  { sizeBytes, otherEtag }: Representation,
  position: number,
  { httpClient, url }: UpstreamAccess,
): Promise<UpstreamRest> {
  const response = await httpClient.send({
    method: 'GET',
    url: url(),
    headers: { range: `bytes=${position}-`, 'if-range': otherEtag },
    silenceMax: UPSTREAM_SILENCE_MAX,
  });
  const expected = `bytes ${position}-${sizeBytes - 1}/${sizeBytes}`;
  const { etag: found, 'content-range': range } = response.headers;
  if (response.status === 206 && range === expected && found === otherEtag)
    return new UpstreamRest(response);
  response.discard();
  throw new CdnError('upstream-invalid', `expected ${expected} of ${otherEtag}, received ${range}`);
}

class UpstreamRest {
  readonly #response: ClientResponse;
  readonly #body: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(response: ClientResponse) {
    this.#response = response;
    this.#body = response.body[Symbol.asyncIterator]();
  }

  /** What comes next; 0 at the end. */
  async read(buffer: Uint8Array): Promise<number> {
    while (this.#chunk.length === 0) {
      const next = await this.#body.next();
      if (next.done) return 0;
      this.#chunk = next.value;
    }
    const part = this.#chunk.subarray(0, buffer.length);
    buffer.set(part);
    this.#chunk = this.#chunk.subarray(part.length);
    return part.length;
  }

  close(): void {
    this.#response.discard();
  }
}
