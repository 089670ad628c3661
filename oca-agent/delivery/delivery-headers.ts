import { appendCacheStatus, type CacheStatus } from '#domain/delivery/cache-status.ts';
import { isPlaybackManifest } from '#domain/delivery/content-type.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import { crossOriginHeaders, DELIVERY_METHODS, preflightHeaders } from '#protocol/cross-origin.ts';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';
import type { Fields, Reply } from '../platform/http-server.ts';

/** On every answer, refusals too: a page that may not read an error cannot act on it. */
export const OPEN_HEADERS: Fields = { ...crossOriginHeaders, 'X-Content-Type-Options': 'nosniff' };

const ALLOW = DELIVERY_METHODS.join(', ');
export const PREFLIGHT_HEADERS: Fields = { ...preflightHeaders, Allow: ALLOW };

/** A file's name means the same bytes for ever, but for manifests and playlists, which a publisher may replace. */
export const MEDIA_CACHE_CONTROL = 'public, max-age=31536000, immutable';
const MANIFEST_CACHE_CONTROL = 'public, max-age=60';
/** Sheds load for long enough that steering has heard of it. */
export const RETRY_AFTER_SECONDS = 10;

export interface Representation {
  readonly file: string;
  readonly sizeBytes: number;
  readonly etag: string;
  /** The upstream's tag for the same bytes, which clients may name, too. */
  readonly otherEtag: string;
  readonly contentType: string;
}

/** The headers of every answer about a representation: 200, 206, 304, 412 and 416. */
export const representationHeaders = (what: Representation, cacheStatus: string): Fields => ({
  ...OPEN_HEADERS,
  'Accept-Ranges': 'bytes',
  'Cache-Control': isPlaybackManifest(what.file) ? MANIFEST_CACHE_CONTROL : MEDIA_CACHE_CONTROL,
  'Cache-Status': cacheStatus,
  'Content-Type': what.contentType,
  ETag: what.etag,
});

export interface Refusal {
  readonly code: ErrorCode;
  readonly detail?: string | undefined;
  /** More fields, e.g. what the upstream said of its caches. */
  readonly headers?: Fields;
  /** What came before on this connection, or comes after, cannot be trusted. */
  readonly mustClose?: boolean;
}

/** Answers with a problem document; one that has begun to answer is cut instead. */
export function refuse(reply: Reply, ocaId: OcaId, refusal: Refusal): void {
  if (reply.isStarted) {
    reply.cut();
    return;
  }
  const document = problem(refusal.code, refusal.detail);
  const text = JSON.stringify(document);
  reply.start(document.status, {
    ...OPEN_HEADERS,
    'Cache-Control': 'no-store',
    'Cache-Status': refusalStatus(ocaId, refusal.code),
    'Content-Type': PROBLEM_CONTENT_TYPE,
    'Content-Length': String(Buffer.byteLength(text)),
    ...(document.status === 405 ? { Allow: ALLOW } : {}),
    ...(document.status === 429 ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {}),
    ...(refusal.mustClose ? { Connection: 'close' } : {}),
    ...refusal.headers,
  });
  reply.end(text);
}

/** A refusal comes from this cache without being forwarded; the detail says why. */
const refusalStatus = (ocaId: OcaId, code: ErrorCode): string => {
  const status: CacheStatus = { cache: ocaId, outcome: 'bypass', detail: code };
  return appendCacheStatus(undefined, status);
};
