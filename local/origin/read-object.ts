import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { contentRange, parseRange, spanSize } from '#domain/delivery/byte-range.ts';
import { evaluatePreconditions, isRangeInForce } from '#domain/delivery/conditional-request.ts';
import type { S3Request } from './s3-request.ts';
import type { Bucket } from './store/bucket.ts';
import type { StoredObject } from './store/stored-object.ts';
import { checksumField } from './wire/checksum.ts';
import { S3Error } from './wire/s3-error.ts';

/** GetObject and HeadObject: preconditions, one range, and the bytes from the file as fast as the client takes them. */
export async function readObject(
  request: S3Request,
  bucket: Bucket,
  response: ServerResponse,
): Promise<void> {
  const found = await bucket.open(request.key);
  if (!found) throw new S3Error('NoSuchKey');
  try {
    const span = answerHead(request, found.object, response);
    if (span === undefined || request.method === 'HEAD') response.end();
    else {
      const { first: start, last: end } = span;
      await pipeline(found.handle.createReadStream({ start, end, autoClose: false }), response);
    }
  } finally {
    await found.handle.close();
  }
}

/** Writes status and fields; returns the bytes to send, or undefined when there are none. @throws S3Error */
function answerHead(request: S3Request, object: StoredObject, response: ServerResponse) {
  const verdict = evaluatePreconditions(request.headers, object);
  if (verdict === 'failed') throw new S3Error('PreconditionFailed');
  setValidators(response, object);
  if (verdict === 'not-modified') {
    response.writeHead(304);
    return undefined;
  }
  for (const [name, value] of Object.entries(object.fields)) response.setHeader(name, value);
  const rangeCondition = request.message.headersDistinct['if-range']?.[0];
  const range = isRangeInForce(rangeCondition, object)
    ? parseRange(request.headers.range, object.sizeBytes)
    : parseRange(undefined, object.sizeBytes);
  if (range.kind === 'unsatisfiable') {
    response.setHeader('content-range', contentRange(undefined, object.sizeBytes));
    throw new S3Error('InvalidRange');
  }
  if (range.kind === 'span') {
    const { span } = range;
    response.setHeader('content-range', contentRange(span, object.sizeBytes));
    response.writeHead(206, { 'content-length': spanSize(span) });
    return span;
  }
  if (object.checksum && request.headers['x-amz-checksum-mode'] === 'ENABLED') {
    response.setHeader(checksumField(object.checksum.algorithm), object.checksum.value);
  }
  response.writeHead(200, { 'content-length': object.sizeBytes });
  return object.sizeBytes === 0 ? undefined : { first: 0, last: object.sizeBytes - 1 };
}

function setValidators(response: ServerResponse, object: StoredObject): void {
  response.setHeader('etag', object.etag);
  response.setHeader('last-modified', new Date(object.lastModifiedAt).toUTCString());
  response.setHeader('accept-ranges', 'bytes');
}
