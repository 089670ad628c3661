import { httpDate } from '#domain/delivery/conditional-request.ts';
import type { CachePolicy } from '../distribution/cache-policy.ts';
import type { Fields } from './messages.ts';

/** Whether an answer may be kept, and for how long it may be given out without asking again. */
export interface Storage {
  readonly isStorable: boolean;
  readonly ttlSeconds: number;
}

/** Statuses of errors that CloudFront keeps, whatever the origin says of caching but what {@link ERRORS_NOT_FORCED} allows. */
const ERRORS_CACHED = [404, 410, 414, 500, 501, 502, 503, 504];
/** Statuses of errors that CloudFront keeps if the origin gives them a `max-age`. */
const ERRORS_CACHED_IF_TOLD = [400, 403, 405, 412, 415];
/** Of the errors that are kept, those for which `no-store`, `no-cache` and `private` count. */
const ERRORS_NOT_FORCED = [404, 410, 414, 501];
const NOT_STORABLE: Storage = { isStorable: false, ttlSeconds: 0 };

/**
 * Works out an answer's time to live from its `Cache-Control` and `Expires` fields within the bounds of the cache
 * policy; what the origin says of shared caches (`s-maxage`) goes before `max-age`.
 *
 *     no directive             the default TTL
 *     max-age, Expires         that, at least the minimum TTL, at most the maximum
 *     no-store, private        not stored; with a minimum TTL above 0, stored for that
 *     no-cache                 stored, and asked for again each time; with a minimum TTL above 0, stored for that
 *     an error                 the error's minimum TTL or its max-age, whichever is longer
 *
 * Sources: Amazon CloudFront Developer Guide, "Manage how long content stays in the cache (expiration)", "How CloudFront
 * processes HTTP 4xx and 5xx status codes" and "Control how long CloudFront caches errors", read 2026-11.
 */
export function storageOf(
  response: { readonly status: number; readonly fields: Fields },
  policy: CachePolicy,
  options: { readonly errorTtlSeconds: number; readonly nowMs: number },
): Storage {
  // The managed policy CachingDisabled: nothing is kept, errors neither.
  if (policy.maxTtlSeconds === 0) return NOT_STORABLE;
  const directives = parseDirectives(response.fields['cache-control'] ?? '');
  const told = toldSeconds(directives, response.fields, options.nowMs);
  if (response.status >= 400) {
    return errorStorage(response.status, { directives, told, policy, ...options });
  }
  const { minTtlSeconds: min, maxTtlSeconds: max } = policy;
  const isRefused = directives.has('no-store') || directives.has('private');
  if (isRefused && min === 0) return NOT_STORABLE;
  if (isRefused || directives.has('no-cache')) return { isStorable: true, ttlSeconds: min };
  const wanted = told ?? policy.defaultTtlSeconds;
  return { isStorable: true, ttlSeconds: Math.min(Math.max(wanted, min), Math.max(max, min)) };
}

/**
 * For how long past its freshness an object may stand in for an origin that fails: what `stale-if-error` allows, else
 * until the maximum TTL. Source: Amazon CloudFront Developer Guide, "Serve stale (expired) content", read 2026-11.
 */
export function staleIfErrorSeconds(fields: Fields, policy: CachePolicy): number {
  const told = seconds(parseDirectives(fields['cache-control'] ?? '').get('stale-if-error'));
  return Math.min(told ?? policy.maxTtlSeconds, policy.maxTtlSeconds);
}

function errorStorage(
  status: number,
  context: {
    directives: ReadonlyMap<string, string>;
    told: number | undefined;
    policy: CachePolicy;
    errorTtlSeconds: number;
  },
): Storage {
  const { directives, told, policy, errorTtlSeconds } = context;
  const isKept =
    ERRORS_CACHED.includes(status) ||
    (ERRORS_CACHED_IF_TOLD.includes(status) && told !== undefined);
  const isRefused = ['no-store', 'no-cache', 'private'].some((name) => directives.has(name));
  if (!isKept || (isRefused && ERRORS_NOT_FORCED.includes(status))) return NOT_STORABLE;
  const ttlSeconds = Math.max(errorTtlSeconds, Math.min(told ?? 0, policy.maxTtlSeconds));
  return { isStorable: ttlSeconds > 0, ttlSeconds };
}

function toldSeconds(
  directives: ReadonlyMap<string, string>,
  fields: Fields,
  nowMs: number,
): number | undefined {
  const told = seconds(directives.get('s-maxage')) ?? seconds(directives.get('max-age'));
  if (told !== undefined || fields.expires === undefined) return told;
  // A date that is none means "already expired". Source: RFC 9111, section 5.3.
  const expiresAt = httpDate(fields.expires) ?? 0;
  return Math.max(0, (expiresAt - (httpDate(fields.date) ?? nowMs)) / 1000);
}

function parseDirectives(cacheControl: string): Map<string, string> {
  const parts = cacheControl.toLowerCase().split(',');
  return new Map(
    parts.map((part) => {
      const [name = '', value = ''] = part.trim().split('=');
      return [name, value.replaceAll('"', '')];
    }),
  );
}

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
