import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { CacheRequest, Fields } from './messages.ts';

/** Source: Amazon CloudFront Developer Guide, "Serve compressed files", read 2026-11; the types are those of its list that this CDN can hold. */
const COMPRESSED_BYTES_MIN = 1000;
export const COMPRESSED_BYTES_MAX = 10_000_000;
const COMPRESSED_STATUSES = [200, 403, 404];
const COMPRESSED_TYPES = new Set([
  'application/dash+xml',
  'application/javascript',
  'application/json',
  'application/vnd.apple.mpegurl',
  'application/wasm',
  'application/x-mpegurl',
  'application/xml',
  'image/svg+xml',
  'text/css',
  'text/csv',
  'text/html',
  'text/javascript',
  'text/plain',
  'text/xml',
]);

const encoders = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
} as const;

/** The encoding that CloudFront gives an answer; undefined for none. Brotli goes before gzip. */
export function encodingFor(
  request: Pick<CacheRequest, 'behavior' | 'encodings'>,
  answer: { readonly status: number; readonly fields: Fields; readonly sizeBytes: number },
): 'br' | 'gzip' | undefined {
  const { status, fields, sizeBytes } = answer;
  const type = (fields['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isEligible =
    request.behavior.isCompressing &&
    COMPRESSED_STATUSES.includes(status) &&
    fields['content-encoding'] === undefined &&
    sizeBytes >= COMPRESSED_BYTES_MIN &&
    sizeBytes <= COMPRESSED_BYTES_MAX &&
    COMPRESSED_TYPES.has(type);
  if (!isEligible || request.encodings === '') return undefined;
  return request.encodings.startsWith('br') ? 'br' : 'gzip';
}

/** The answer in an encoding. Its entity tag becomes weak, as the bytes are not the origin's. */
export async function encoded(
  fields: Fields,
  bytes: Buffer,
  encoding: 'br' | 'gzip',
): Promise<{ fields: Fields; bytes: Buffer }> {
  const { 'accept-ranges': _, etag, ...kept } = fields;
  const weakTag = etag === undefined || etag.startsWith('W/') ? etag : `W/${etag}`;
  return {
    fields: {
      ...kept,
      ...(weakTag === undefined ? {} : { etag: weakTag }),
      'content-encoding': encoding,
      vary: 'Accept-Encoding',
    },
    bytes: await encoders[encoding](bytes),
  };
}
