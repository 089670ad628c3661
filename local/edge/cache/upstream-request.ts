import type { ByteSpan } from '#domain/delivery/byte-range.ts';
import type { CachedObject } from './cached-object.ts';
import { CACHE_FIELDS, type CacheRequest, type Fields } from './messages.ts';
import { BLOCK_BYTES } from './sparse-body.ts';

/**
 * What to ask the upstream for, so that a request can be answered from the cache: the whole object, or the blocks
 * around the range that is wanted; only if it changed, when an old copy is here.
 */
export function objectRequest(
  request: CacheRequest,
  stale: CachedObject | undefined,
): CacheRequest {
  // What may be compressed here has to be here as a whole.
  const isWhole = request.encodings !== '';
  const range = isWhole ? undefined : blockRange(request.fields.range);
  const validator = stale?.status === 200 ? stale.etag : undefined;
  return {
    ...request,
    method: isWhole && request.method === 'HEAD' ? 'GET' : request.method,
    fields: {
      ...forwardedFields(request.fields),
      ...(range === undefined || request.method !== 'GET' ? {} : { range }),
      ...(validator === undefined ? {} : { 'if-none-match': validator }),
    },
  };
}

/** Asks for more bytes of an object that is here in part, and for no other object's. */
export function spanRequest(
  request: CacheRequest,
  span: ByteSpan,
  etag: string | undefined,
): CacheRequest {
  return {
    ...request,
    method: 'GET',
    fields: {
      ...forwardedFields(request.fields),
      range: `bytes=${span.first}-${span.last}`,
      ...(etag === undefined ? {} : { 'if-match': etag }),
    },
  };
}

/**
 * The blocks around a range, of an object whose size is not known yet. For its last bytes, the first block is asked
 * for: the answer tells the size. Several ranges and malformed ones are answered with the whole object.
 */
function blockRange(range: string | undefined): string | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') return `bytes=0-${BLOCK_BYTES - 1}`;
  const first = Math.floor(Number(from) / BLOCK_BYTES) * BLOCK_BYTES;
  if (to === '') return `bytes=${first}-`;
  if (Number(to) < Number(from)) return undefined;
  return `bytes=${first}-${(Math.floor(Number(to) / BLOCK_BYTES) + 1) * BLOCK_BYTES - 1}`;
}

const forwardedFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !CACHE_FIELDS.includes(name)));
