import {
  contentRange,
  parseRange,
  type RangeRequest,
  spanSize,
} from '#domain/delivery/byte-range.ts';
import { appendCacheStatus, type CacheStatus } from '#domain/delivery/cache-status.ts';
import {
  evaluatePreconditions,
  httpDate,
  isRangeInForce,
} from '#domain/delivery/conditional-request.ts';
import { problemResponse } from '../problem-response.ts';
import type { CachedObject } from './cached-object.ts';
import type { CacheRequest, CacheResponse, Fields } from './messages.ts';
import type { Supply } from './sparse-body.ts';

/** An object for a request, and how the cache came by it. */
export interface Found {
  readonly object: CachedObject;
  readonly how:
    | 'here'
    /** Fetched for this request, or for another one that it waited with. */
    | 'fetched'
    | 'joined'
    /** It was stale, and the upstream said that it is still good. */
    | 'confirmed'
    /** It is stale, and the upstream failed to say. */
    | 'stale';
  readonly isStored: boolean;
  /** What the caches on the way said, if any was asked. */
  readonly cacheStatus?: string | undefined;
}

export interface CacheAnswer extends CacheResponse {
  /** This cache's own word. */
  readonly own: CacheStatus;
}

/** Fields of a 304. Sources: RFC 9110, section 15.4.5; RFC 9111, section 5.1. */
const VALIDATOR_FIELDS = ['age', 'cache-control', 'etag', 'expires', 'last-modified', 'vary'];

/** The answer to a request from an object: preconditions, then the range, as RFC 9110 §13.2.2 orders them. */
export async function answerFrom(
  found: Found,
  request: CacheRequest,
  cache: { readonly name: string; readonly nowMs: number },
): Promise<CacheAnswer> {
  const { object } = found;
  const fields = withAge(object, cache.nowMs);
  const say = (answer: CacheResponse, supply?: Supply): CacheAnswer => {
    if (!answer.body) object.release();
    const own = ownWord(cache.name, found, supply);
    const upstream = supply?.cacheStatus ?? found.cacheStatus;
    return { ...answer, own, cacheStatus: appendCacheStatus(upstream, own) };
  };
  if (object.status !== 200) return say(await unconditional(request, object, fields));
  const verdict = judge(request, object);
  if (verdict.kind === 'failed') return say({ status: 412, fields: { 'content-length': '0' } });
  if (verdict.kind === 'not-modified')
    return say({ status: 304, fields: pick(fields, VALIDATOR_FIELDS) });
  if (verdict.kind === 'unsatisfiable') {
    const range = { 'content-range': contentRange(undefined, object.contentBytes) };
    return say(withFields(problemResponse('range-not-satisfiable'), range));
  }
  const span = verdict.kind === 'span' ? verdict.span : { first: 0, last: object.contentBytes - 1 };
  const head = {
    status: verdict.kind === 'span' ? 206 : 200,
    fields: {
      ...fields,
      'content-length': String(spanSize(span)),
      ...(verdict.kind === 'span' && { 'content-range': contentRange(span, object.contentBytes) }),
    },
  };
  if (request.method === 'HEAD' || spanSize(span) === 0) return say(head);
  const { stream, supply } = await object.open(span);
  return say({ ...head, body: stream }, supply);
}

/** What a request is to get of an object that is there. */
type Verdict = RangeRequest | { kind: 'not-modified' } | { kind: 'failed' };

function judge({ fields, method }: CacheRequest, object: CachedObject): Verdict {
  const validators = {
    etag: object.etag ?? '',
    lastModifiedAt: httpDate(object.fields['last-modified']),
  };
  const precondition = evaluatePreconditions(fields, validators);
  if (precondition !== 'proceed') return { kind: precondition };
  const isRanged = method === 'GET' && isRangeInForce(fields['if-range'], validators);
  return parseRange(isRanged ? fields.range : undefined, object.contentBytes);
}

/** Errors and redirects are given out as they are, whatever the request's conditions. */
async function unconditional(
  { method }: CacheRequest,
  object: CachedObject,
  fields: Fields,
): Promise<CacheResponse> {
  const sizeBytes = object.contentBytes;
  const answer = {
    status: object.status,
    fields: { ...fields, 'content-length': String(sizeBytes) },
    ...(object.failoverStatus !== undefined && { failoverStatus: object.failoverStatus }),
  };
  if (method === 'HEAD' || sizeBytes === 0) return answer;
  const { stream } = await object.open({ first: 0, last: sizeBytes - 1 });
  return { ...answer, body: stream };
}

function ownWord(cache: string, found: Found, supply: Supply | undefined): CacheStatus {
  const isMiss = found.how === 'fetched' || found.how === 'joined' || supply !== undefined;
  if (found.how === 'confirmed') return { cache, outcome: 'stale', detail: 'revalidated' };
  if (found.how === 'stale') return { cache, outcome: 'stale', detail: 'origin-failed' };
  if (!isMiss) return { cache, outcome: 'hit' };
  const isCollapsed = found.how === 'joined' || (found.how === 'here' && supply?.isOwn === false);
  return { cache, outcome: 'miss', isStored: found.isStored, isCollapsed };
}

/** An age of 0 is left out, as an answer that was just made has none. */
function withAge(object: CachedObject, nowMs: number): Fields {
  const ageSeconds = object.ageSeconds(nowMs);
  return ageSeconds === 0 ? object.fields : { ...object.fields, age: String(ageSeconds) };
}

const withFields = (answer: CacheResponse, fields: Fields): CacheResponse => ({
  ...answer,
  fields: { ...answer.fields, ...fields },
});

const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
