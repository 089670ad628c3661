import type { Clock } from '#domain/clock.ts';
import { type ByteSpan, contentRange, parseRange, spanSize } from '#domain/delivery/byte-range.ts';
import { appendCacheStatus, type CacheStatus } from '#domain/delivery/cache-status.ts';
import { type FieldLines, fieldValue } from '#domain/http-cache/field-lines.ts';
import { ageSeconds } from '#domain/http-cache/freshness.ts';
import { evaluateConditions, isStoredRangeInForce } from '#domain/http-cache/validation.ts';
import type { OcaId } from '#domain/ids.ts';
import type { ClientResponse } from '../../platform/http-client.ts';
import type { Reply, ReplyFields } from '../../platform/http-server.ts';
import { OPEN_HEADERS, refuse } from '../delivery-headers.ts';
import { sendSpan } from '../send-span.ts';
import type { Asked } from './asked.ts';
import type { StoredResponse } from './stored-response.ts';

export interface Writing {
  readonly ocaId: OcaId;
  readonly clock: Clock;
  readonly asked: Asked;
  readonly status: CacheStatus;
  readonly onSent: (sizeBytes: number) => void;
}

/** Ours on every answer, or about the upstream's host alone. */
const NOT_PASSED_ON = new Set([
  ...Object.keys(OPEN_HEADERS).map((name) => name.toLowerCase()),
  'alt-svc',
  'cache-status',
]);
/** Statuses whose answers have no body. */
const EMPTY_STATUSES = new Set([204, 205, 304]);

/** The upstream's header for a client: several lines of a field stay several. */
export function passedOn(fields: FieldLines, cacheStatus: string): ReplyFields {
  const lines: Record<string, string | string[]> = { ...OPEN_HEADERS };
  for (const [name, value] of fields) {
    if (NOT_PASSED_ON.has(name)) continue;
    const before = lines[name];
    lines[name] = before === undefined ? value : [before, value].flat();
  }
  return { ...lines, 'Cache-Status': cacheStatus };
}

/** Hands an upstream's body on as it comes, no faster than the client takes it. */
export async function pour(
  response: ClientResponse,
  reply: Reply,
  onSent: (sizeBytes: number) => void,
): Promise<void> {
  for await (const chunk of response.body) {
    if (!(await reply.write(chunk))) return response.discard();
    onSent(chunk.length);
  }
  reply.end();
}

/**
 * Answers from a stored response: conditions first, then ranges. `upstreamStatus` is what the caches before us said, when
 * this request has just come to them.
 */
export async function writeStored(
  writing: Writing,
  stored: StoredResponse,
  upstreamStatus?: string,
): Promise<void> {
  const { request, reply } = writing.asked;
  const { fields, status } = stored.received;
  const headers = headersOf(writing, stored, upstreamStatus);
  const now = writing.clock.now();
  const verdict =
    status === 200 ? evaluateConditions(request.headers, fields, now) : ('proceed' as const);
  if (verdict === 'not-modified') return writeEmpty(reply, 304, headers);
  if (verdict === 'failed') return writeEmpty(reply, 412, headers);
  const { body } = stored;
  const range = isStoredRangeInForce(request.headers['if-range'], fields, now)
    ? request.headers.range
    : undefined;
  const isRanged = status === 200 && request.method === 'GET' && range !== undefined;
  if (isRanged && body.sizeBytes === undefined) await body.settle();
  const { sizeBytes } = body;
  if (request.method === 'HEAD' || EMPTY_STATUSES.has(status)) {
    reply.start(status, { ...headers, ...lengthOf(status, sizeBytes) });
    return reply.end();
  }
  if (sizeBytes === undefined) return writeArriving(writing, stored, headers);
  const part = parseRange(isRanged ? range : undefined, sizeBytes);
  if (part.kind === 'unsatisfiable') return refuseRange(writing, sizeBytes);
  if (part.kind === 'whole')
    return writeSpan(writing, stored, status, headers, { first: 0, last: sizeBytes - 1 });
  const partial = { ...headers, 'content-range': contentRange(part.span, sizeBytes) };
  return writeSpan(writing, stored, 206, partial, part.span);
}

function headersOf(
  { ocaId, clock, status }: Writing,
  { received }: StoredResponse,
  upstreamStatus: string | undefined,
): ReplyFields {
  const cacheStatus = appendCacheStatus(upstreamStatus, { ...status, cache: ocaId });
  const headers = passedOn(received.fields, cacheStatus);
  const isReused = status.outcome !== 'miss' || fieldValue(received.fields, 'age') !== undefined;
  return isReused ? { ...headers, age: String(ageSeconds(received, clock.now())) } : headers;
}

function writeEmpty(reply: Reply, status: 304 | 412, headers: ReplyFields): void {
  const { 'content-length': _length, 'content-type': type, ...others } = headers;
  const kept = type === undefined || status === 412 ? others : { ...others, 'content-type': type };
  reply.start(status, status === 412 ? { ...kept, 'content-length': '0' } : kept);
  reply.end();
}

/** Its size is not known yet: for its first reader, who may have to take over the rest. */
async function writeArriving(
  { asked: { reply }, onSent }: Writing,
  { body, received }: StoredResponse,
  headers: ReplyFields,
): Promise<void> {
  reply.start(received.status, headers);
  for await (const chunk of body.stream()) {
    if (!(await reply.write(chunk))) return body.abandon();
    onSent(chunk.length);
  }
  reply.end();
}

async function writeSpan(
  { asked: { reply }, clock, onSent }: Writing,
  { body }: StoredResponse,
  status: number,
  headers: ReplyFields,
  span: ByteSpan,
): Promise<void> {
  const begin = () => reply.start(status, { ...headers, 'content-length': String(spanSize(span)) });
  if (spanSize(span) > 0) return sendSpan({ source: body, span, reply, clock, begin, onSent });
  begin();
  reply.end();
}

function refuseRange({ asked: { reply }, ocaId, status }: Writing, sizeBytes: number): void {
  refuse(reply, ocaId, {
    code: 'range-not-satisfiable',
    headers: {
      'Content-Range': contentRange(undefined, sizeBytes),
      'Cache-Status': appendCacheStatus(undefined, status),
    },
  });
}

const lengthOf = (status: number, sizeBytes: number | undefined): ReplyFields =>
  sizeBytes === undefined || EMPTY_STATUSES.has(status)
    ? {}
    : { 'content-length': String(sizeBytes) };
