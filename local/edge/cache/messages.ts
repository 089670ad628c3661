import type { Readable } from 'node:stream';
import type { Behavior, Origin } from '../distribution/distribution.ts';

/** Header fields, names in lower case. */
export type Fields = Readonly<Record<string, string>>;

/** Fields of a viewer's request that are the cache's to answer, not the origin's: its range and its conditions. */
export const CACHE_FIELDS: readonly string[] = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];

/** What one part of the edge asks of the next one towards the origin. */
export interface CacheRequest {
  /** Tells cached objects apart; requests with one key may share one answer, in one encoding. */
  readonly key: string;
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** The path after the viewer-request function, and the query parameters that the cache policy lists. */
  readonly uri: string;
  readonly querystring: string;
  /** The viewer's `range` and conditional fields, and those that the cache policy lists. */
  readonly fields: Fields;
  /** The viewer's encodings that count: `br,gzip`, `br`, `gzip` or ''. */
  readonly encodings: string;
  readonly clientIp: string;
  readonly requestId: string;
  readonly behavior: Behavior;
  /** To be tried in this order. */
  readonly origins: readonly Origin[];
}

export interface CacheResponse {
  readonly status: number;
  readonly fields: Fields;
  /** What the caches that the answer came through say of themselves, origin's side first: a `Cache-Status` field. */
  readonly cacheStatus?: string;
  /** What a failure to get an answer counts as for origin failover, where that is not the status itself. */
  readonly failoverStatus?: number;
  /** Undefined for no body. Whoever is handed one reads it or destroys it. */
  readonly body?: Readable;
}

/** A shield, or the origin itself. It answers even when the origin does not: with a problem document. */
export type Upstream = (request: CacheRequest) => Promise<CacheResponse>;
