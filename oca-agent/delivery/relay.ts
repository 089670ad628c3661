import { appendCacheStatus, type CacheStatus } from '#domain/delivery/cache-status.ts';
import { endToEnd, fieldLines } from '#domain/http-cache/field-lines.ts';
import { isOriginsAnswer } from '#domain/http-cache/storability.ts';
import { invariant } from '#domain/invariant.ts';
import type { ClientResponse, HttpClient } from '../platform/http-client.ts';
import type { Fields, Reply, ServerRequest } from '../platform/http-server.ts';
import { OPEN_HEADERS, type Refusal } from './delivery-headers.ts';
import { passedOn, pour } from './http-cache/write-response.ts';
import { ownEtagOf, saidAssetId, UPSTREAM_SILENCE_MAX, upstreamRefusal } from './upstream.ts';

/** Conditions that name our own tag rather than the upstream's cost a whole answer, which is right, if not the shortest. */
const FORWARDED = ['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since'] as const;
const RETURNED = {
  'accept-ranges': 'Accept-Ranges',
  'cache-control': 'Cache-Control',
  'content-length': 'Content-Length',
  'content-range': 'Content-Range',
  'content-type': 'Content-Type',
  etag: 'ETag',
  'last-modified': 'Last-Modified',
} as const;
/** Statuses that answer the request itself, its conditions or its range. */
const PASSED_ON = new Set([200, 206, 304, 412, 416]);

/**
 * Hands one request on to the upstream and its answer back, without storing it: HEAD, artwork, ranges far ahead of a
 * running fetch, and whatever no disk has room for. Returns the refusal when the upstream has one.
 */
export async function relay(options: {
  readonly httpClient: HttpClient;
  readonly url: string;
  readonly request: ServerRequest;
  readonly reply: Reply;
  readonly status: CacheStatus;
  readonly onSent: (sizeBytes: number) => void;
}): Promise<Refusal | undefined> {
  const { request, reply, url } = options;
  invariant(request.method === 'GET' || request.method === 'HEAD', 'only GET and HEAD are relayed');
  const upstream = await options.httpClient.send({
    method: request.method,
    url,
    headers: forwardedHeaders(request),
    silenceMax: UPSTREAM_SILENCE_MAX,
  });
  const fields = endToEnd(fieldLines(upstream.rawHeaders));
  const isVouched = saidAssetId(upstream) !== undefined;
  const isItsOwn = !isVouched && isOriginsAnswer(upstream.status, fields);
  if (!isItsOwn && !PASSED_ON.has(upstream.status)) return upstreamRefusal(upstream);
  const cacheStatus = appendCacheStatus(upstream.headers['cache-status'], options.status);
  const headers = isVouched ? vouchedHeaders(upstream, cacheStatus) : passedOn(fields, cacheStatus);
  reply.start(upstream.status, headers);
  await pour(upstream, reply, options.onSent);
  return undefined;
}

function vouchedHeaders(upstream: ClientResponse, cacheStatus: string): Fields {
  const ownEtag = ownEtagOf(upstream);
  return {
    ...OPEN_HEADERS,
    ...returnedHeaders(upstream.headers),
    ...(ownEtag === undefined ? {} : { ETag: ownEtag }),
    'Cache-Status': cacheStatus,
  };
}

const forwardedHeaders = ({ headers }: ServerRequest): Fields =>
  Object.fromEntries(
    FORWARDED.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const returnedHeaders = (headers: Readonly<Record<string, string | undefined>>): Fields =>
  Object.fromEntries(
    Object.entries(RETURNED).flatMap(([name, spelling]) => {
      const value = headers[name];
      return value === undefined ? [] : [[spelling, value]];
    }),
  );
