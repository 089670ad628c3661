import type { CacheDirectives } from './cache-control.ts';
import { type FieldLine, type FieldLines, fieldValue } from './field-lines.ts';
import {
  freshnessLifetime,
  isHeuristicallyCacheable,
  type ReceivedResponse,
  saysLifetime,
} from './freshness.ts';
import { varyNames } from './vary.ts';

/** Statuses whose caching rules we know. Source: RFC 9110 §15; 206 and 304 are parts of others, and never stored. */
const UNDERSTOOD_STATUSES = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406,
  407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504,
  505,
]);
/** What lets a shared cache keep an answer to somebody who showed credentials. Source: RFC 9111 §3.5. */
const SHAREABLE_DESPITE_CREDENTIALS = ['public', 'must-revalidate', 's-maxage'] as const;

/**
 * Whether a shared cache may keep a response to GET, and has a use for it: it is fresh for a while, or can be confirmed.
 * Source: RFC 9111 §3.
 */
export function isStorable(
  request: { readonly fields: FieldLines; readonly directives: CacheDirectives },
  response: ReceivedResponse,
): boolean {
  const { directives, status, fields } = response;
  if (status < 200 || status === 206 || status === 304) return false;
  if (isForbidden(response) || request.directives.has('no-store')) return false;
  if (varyNames(fields) === '*') return false;
  const isPersonal = fieldValue(request.fields, 'authorization') !== undefined;
  if (isPersonal && !SHAREABLE_DESPITE_CREDENTIALS.some((name) => directives.has(name)))
    return false;
  if (!saysLifetime(response) && !isHeuristicallyCacheable(response)) return false;
  return hasValidator(fields) || freshnessLifetime(response) > 0;
}

/**
 * Whether an answer is the origin's own, which is passed on as it is, rather than a refusal of what stands between it and us,
 * which is ours to explain: it succeeded, says how it may be cached or can be confirmed, or does not come from S3, CloudFront
 * or another cache of ours.
 */
export const isOriginsAnswer = (status: number, fields: FieldLines): boolean =>
  (status >= 200 && status < 300) ||
  fields.some(([name]) => TELLING_FIELDS.has(name)) ||
  !fields.some(isSignOfLayers);

const TELLING_FIELDS = new Set([
  'cache-control',
  'cdn-cache-control',
  'expires',
  'etag',
  'last-modified',
]);

const isSignOfLayers = ([name, value]: FieldLine): boolean =>
  name.startsWith('x-amz-') ||
  name === 'cache-status' ||
  name === 'x-cache' ||
  (name === 'server' && /^(?:AmazonS3|CloudFront)/.test(value)) ||
  (name === 'content-type' && value.startsWith('application/problem+json'));

/** `must-understand` takes the place of a `no-store` for whoever does understand. Source: RFC 9111 §5.2.2.3. */
function isForbidden({ directives, status }: ReceivedResponse): boolean {
  if (directives.has('private')) return true;
  if (directives.has('must-understand')) return !UNDERSTOOD_STATUSES.has(status);
  return directives.has('no-store');
}

const hasValidator = (fields: FieldLines): boolean =>
  fields.some(([name]) => name === 'etag' || name === 'last-modified');
