/**
 * What a page of another origin may do with a delivery response: everything that a player needs, for everyone.
 * No credentials travel by cookie or header, so `*` gives nothing away. Sources: Fetch standard, "CORS protocol";
 * Resource Timing, "Timing-Allow-Origin".
 */

/** Response fields that a script may read. */
export const EXPOSED_FIELDS = [
  'Cache-Status',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Age',
  'X-Cache',
  'Retry-After',
] as const;

export const DELIVERY_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;

/** Browsers shorten it to their own bound: two hours in Chromium, a day in Firefox. */
export const PREFLIGHT_MAX_AGE_SECONDS = 86_400;

/** Fields of every delivery response, refusals included: without them a script can't read even the status. */
export const crossOriginHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': EXPOSED_FIELDS.join(', '),
  'Timing-Allow-Origin': '*',
} as const;

/** Fields of the answer to a preflight request. */
export const preflightHeaders = {
  ...crossOriginHeaders,
  'Access-Control-Allow-Methods': DELIVERY_METHODS.join(', '),
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
} as const;
