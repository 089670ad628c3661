import type { ByteSpan } from '#domain/delivery/byte-range.ts';
import { CdnError } from '#domain/errors.ts';
import type { CachedObject, ObjectShelf, WholeBody } from './cached-object.ts';
import { COMPRESSED_BYTES_MAX, encoded, encodingFor } from './compression.ts';
import type { FillSource } from './fill.ts';
import type { CacheRequest, CacheResponse, Fields } from './messages.ts';
import { SparseBody } from './sparse-body.ts';

/** Fields that belong to one transfer, or that the cache writes itself, and so are not kept with an object. */
const TRANSFER_FIELDS = new Set([
  'age',
  'cache-status',
  'connection',
  'content-length',
  'content-range',
  'keep-alive',
  'transfer-encoding',
]);
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;

export interface Storing {
  readonly shelf: ObjectShelf;
  readonly key: string;
  /** Gets bytes of the object that are not here. */
  readonly fetchSpan: (object: CachedObject, span: ByteSpan) => Promise<FillSource>;
}

/** Makes an object of an upstream's answer: its bytes are fetched as they are wanted, or are here as a whole. */
export async function objectOf(
  asked: CacheRequest,
  answer: CacheResponse,
  { shelf, key, fetchSpan }: Storing,
): Promise<CachedObject> {
  const extent = extentOf(answer);
  if (!extent || encodingFor(asked, { ...answer, sizeBytes: extent.sizeBytes })) {
    const { status, failoverStatus } = answer;
    return shelf.make({ key, status, failoverStatus, ...(await whole(asked, answer)) });
  }
  const body: SparseBody = new SparseBody(extent.sizeBytes, shelf.lru, (span) =>
    fetchSpan(object, span),
  );
  const fields = storedFields(answer.fields);
  const object: CachedObject = shelf.make({ key, status: 200, fields, body });
  if (answer.body && asked.method === 'GET' && extent.sizeBytes > 0) {
    const source = Promise.resolve({ body: answer.body, cacheStatus: answer.cacheStatus });
    body.begin({ first: extent.first, last: extent.last }, source);
  } else answer.body?.resume();
  return object;
}

export const storedFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !TRANSFER_FIELDS.has(name)));

/** Which bytes of an object of which size an answer brings; undefined where it does not tell, or is not of an object. */
function extentOf(
  answer: CacheResponse,
): { first: number; last: number; sizeBytes: number } | undefined {
  if (answer.status === 206) {
    const [, first, last, size] = CONTENT_RANGE.exec(answer.fields['content-range'] ?? '') ?? [];
    if (size === undefined)
      throw new CdnError('upstream-invalid', 'a 206 without its Content-Range');
    return { first: Number(first), last: Number(last), sizeBytes: Number(size) };
  }
  const length = answer.fields['content-length'];
  if (answer.status !== 200 || length === undefined) return undefined;
  return { first: 0, last: Number(length) - 1, sizeBytes: Number(length) };
}

async function whole(
  request: CacheRequest,
  answer: CacheResponse,
): Promise<{ fields: Fields; body: WholeBody }> {
  const bytes = await readWhole(answer);
  const fields = storedFields(answer.fields);
  const encoding = encodingFor(request, { ...answer, sizeBytes: bytes.length });
  if (!encoding) return { fields, body: { bytes } };
  const { fields: encodedFields, bytes: encodedBytes } = await encoded(fields, bytes, encoding);
  return { fields: encodedFields, body: { bytes: encodedBytes } };
}

/** @throws CdnError upstream-invalid for a body of unannounced length that does not end. */
async function readWhole({ body }: CacheResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > COMPRESSED_BYTES_MAX) {
      const details = { receivedBytes: sizeBytes };
      throw new CdnError('upstream-invalid', 'a body of unannounced length is too long', {
        details,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
