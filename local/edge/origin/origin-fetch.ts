import { type ErrorCode, errorCodeOf } from '#domain/errors.ts';
import type { CacheRequest, CacheResponse, Fields } from '../cache/messages.ts';
import type { Origin } from '../distribution/distribution.ts';
import type { EdgeFunctions } from '../functions/edge-functions.ts';
import { problemResponse } from '../problem-response.ts';
import type { OriginClient } from './origin-client.ts';

export interface OriginFetchOptions {
  readonly client: OriginClient;
  readonly functions: EdgeFunctions;
  /** Told of every request that is sent to an origin. */
  readonly onFetch: (origin: Origin) => void;
}

/** What connection failures and time-outs count as for failover. Source: Amazon CloudFront Developer Guide, "Optimize high availability with CloudFront origin failover". */
const FAILOVER_STATUS: ReadonlyMap<ErrorCode, number> = new Map([
  ['upstream-unreachable', 503],
  ['upstream-timeout', 504],
]);

/**
 * Fetches from the first of a request's origins, through the origin-request and origin-response functions of its
 * behavior. An origin that does not answer, and a function that fails, are answered for with a problem document.
 */
export async function fetchFromOrigin(
  request: CacheRequest,
  { client, functions, onFetch }: OriginFetchOptions,
): Promise<CacheResponse> {
  const [origin] = request.origins;
  if (!origin) return problemResponse('internal');
  try {
    const asked = await functions.originRequest(request, origin);
    if ('status' in asked) return asked;
    const query = asked.querystring === '' ? '' : `?${asked.querystring}`;
    onFetch(origin);
    const answer = await client.send(origin, {
      method: asked.method,
      target: `${origin.path}${asked.uri}${query}`,
      fields: originFields(asked.fields),
    });
    return await functions.originResponse(asked, origin, answer);
  } catch (thrown) {
    return failureAnswer(thrown);
  }
}

/** The answer in the place of one that could not be had. */
export function failureAnswer(thrown: unknown): CacheResponse {
  const code = errorCodeOf(thrown);
  const failoverStatus = FAILOVER_STATUS.get(code);
  return { ...problemResponse(code), ...(failoverStatus === undefined ? {} : { failoverStatus }) };
}

/** CloudFront speaks for the viewer, in its own name. */
const originFields = (fields: Fields): Fields => ({ ...fields, 'user-agent': 'Amazon CloudFront' });
