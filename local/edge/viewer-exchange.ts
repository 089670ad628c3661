import { randomBytes } from 'node:crypto';
import { appendCacheStatus } from '#domain/delivery/cache-status.ts';
import { errorCodeOf } from '#domain/errors.ts';
import type { CacheAnswer } from './cache/answer.ts';
import { cacheKey, selectKeyParts } from './cache/cache-key.ts';
import {
  CACHE_FIELDS,
  type CacheRequest,
  type CacheResponse,
  type Fields,
} from './cache/messages.ts';
import { type Behavior, behaviorFor, type Distribution } from './distribution/distribution.ts';
import type { EdgeFunctions, ViewerEventRequest } from './functions/edge-functions.ts';
import { problemResponse } from './problem-response.ts';
import { withPolicy } from './response-headers.ts';

/** A request as it came in. */
export interface ViewerRequest {
  readonly method: string;
  /** The path as sent, and what followed its question mark. */
  readonly uri: string;
  readonly querystring: string;
  readonly fields: Fields;
  readonly clientIp: string;
}

/** How CloudFront calls what it did; with ` from cloudfront`, the `X-Cache` field. */
export type ResultType = 'Hit' | 'RefreshHit' | 'Miss' | 'Error' | 'LambdaGeneratedResponse';

export interface ViewerResponse extends CacheResponse {
  readonly result: ResultType;
  /** The path that was looked up: without what the viewer-request function took out. */
  readonly servedUri: string;
  readonly behavior: Behavior;
}

export interface EdgeLocationParts {
  readonly distribution: Distribution;
  readonly functions: EdgeFunctions;
  readonly fetch: (request: CacheRequest) => Promise<CacheAnswer>;
}

/** An answer and how it came about, before the fields that every response gets. */
type Draft = CacheResponse & { readonly result: ResultType; readonly servedUri: string };

/** Takes a viewer's request through everything that CloudFront does with one. Never rejects. */
export async function exchange(
  parts: EdgeLocationParts,
  viewer: ViewerRequest,
): Promise<ViewerResponse> {
  const behavior = behaviorFor(parts.distribution, viewer.uri);
  const requestId = randomBytes(39).toString('base64url');
  const request: ViewerEventRequest = {
    ...viewer,
    uri: viewer.uri === '/' ? (parts.distribution.defaultRootPath ?? '/') : viewer.uri,
    behavior,
    requestId,
  };
  const draft = await draftFor(parts, request);
  const cacheStatus = draft.cacheStatus ?? appendCacheStatus(undefined, NOT_ASKED);
  const fields = {
    ...withPolicy(draft.fields, behavior.responseHeadersPolicy, viewer),
    'cache-status': cacheStatus,
    via: `1.1 ${parts.distribution.id.toLowerCase()}.cloudfront.net (CloudFront)`,
    'x-cache': `${draft.result} from cloudfront`,
    'x-amz-cf-id': requestId,
    ...serverTiming(draft, behavior, requestId),
  };
  return { ...draft, fields, behavior };
}

/** The word of a cache that was not asked: a function, or the edge itself, answered. */
const NOT_ASKED = { cache: 'cloudfront', outcome: 'bypass' } as const;

async function draftFor(parts: EdgeLocationParts, request: ViewerEventRequest): Promise<Draft> {
  const servedUri = request.uri;
  try {
    if (!servedUri.startsWith('/')) {
      return { ...problemResponse('path-invalid'), result: 'Error', servedUri };
    }
    if (!request.behavior.allowedMethods.includes(request.method)) {
      return { ...methodRefusal(request.behavior), result: 'Error', servedUri };
    }
    const admitted = await parts.functions.viewerRequest(request);
    if ('status' in admitted) return { ...admitted, result: 'LambdaGeneratedResponse', servedUri };
    const answer = await parts.fetch(toCacheRequest(admitted));
    const response = await parts.functions.viewerResponse(admitted, answer);
    return { ...response, result: resultOf(answer), servedUri: admitted.uri };
  } catch (thrown) {
    return { ...problemResponse(errorCodeOf(thrown)), result: 'Error', servedUri };
  }
}

/** CloudFront itself says 403 here; a 405 says what is meant, and is what OCAs say. */
function methodRefusal({ allowedMethods }: Behavior): CacheResponse {
  const refusal = problemResponse('method-not-allowed');
  return { ...refusal, fields: { ...refusal.fields, allow: allowedMethods.join(', ') } };
}

/** What the cache is asked for. The key follows from the request as the viewer-request function left it. */
function toCacheRequest(request: ViewerEventRequest): CacheRequest {
  const { behavior, fields, uri, clientIp, requestId } = request;
  const method = request.method as CacheRequest['method'];
  const parts = selectKeyParts(behavior.cachePolicy, request);
  // No cache policy lists these, as the cache itself acts on them.
  const own = Object.entries(fields).filter(([name]) => CACHE_FIELDS.includes(name));
  const targets = behavior.origins.map(({ id }) => id).join(' ');
  return {
    key: `${targets}\n${cacheKey(uri, parts)}`,
    method,
    uri,
    querystring: parts.querystring,
    fields: { ...parts.fields, ...Object.fromEntries(own) },
    encodings: parts.encodings,
    clientIp,
    requestId,
    behavior,
    origins: behavior.origins,
  };
}

function resultOf({ own, status }: CacheAnswer): ResultType {
  if (status >= 400 && status !== 412 && status !== 416) return 'Error';
  if (own.outcome === 'hit') return 'Hit';
  if (own.outcome !== 'stale') return 'Miss';
  return own.detail === 'revalidated' ? 'RefreshHit' : 'Hit';
}

/**
 * Where the answer came from, for as many in a hundred responses as the policy says.
 * Source: Amazon CloudFront Developer Guide, "Understand response headers policies", Server-Timing header.
 */
function serverTiming(
  { result }: Draft,
  { responseHeadersPolicy }: Behavior,
  requestId: string,
): Fields {
  const share = Buffer.from(requestId, 'base64url').readUInt32BE() / 2 ** 32;
  if (share * 100 >= (responseHeadersPolicy?.serverTimingPercent ?? 0)) return {};
  const isHit = result === 'Hit' || result === 'RefreshHit';
  const cache = isHit ? 'cdn-cache-hit,cdn-hit-layer;desc="EDGE"' : 'cdn-cache-miss';
  return { 'server-timing': `${cache},cdn-rid;desc="${requestId}"` };
}
