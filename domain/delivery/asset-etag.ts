import type { AssetId } from '../ids.ts';

/**
 * The entity tag of an asset on every OCA, which follows from its bytes alone: `"<stamp>-<size>"`, both in hex, the stamp of
 * the SHA-256's first 31 bits. A web server that knows no hashes makes the same of a file whose modification time is the
 * stamp, in seconds. Source of the form: nginx, `ngx_http_set_etag`. Two versions of one file that have the same size get the
 * same tag once in two thousand million times.
 */
export const assetEtag = (assetId: AssetId, sizeBytes: number): string =>
  `"${assetStampSeconds(assetId).toString(16)}-${sizeBytes.toString(16)}"`;

/** Seconds since 1970, before 2038: every file system can keep it. */
export const assetStampSeconds = (assetId: AssetId): number =>
  Number.parseInt(assetId.slice(0, 8), 16) >>> 1;
