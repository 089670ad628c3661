import type { Clock } from '#domain/clock.ts';
import { type ByteSpan, contentRange, parseRange, spanSize } from '#domain/delivery/byte-range.ts';
import { evaluatePreconditions, isRangeInForce } from '#domain/delivery/conditional-request.ts';
import type { OcaId } from '#domain/ids.ts';
import type { Fields, Reply, ServerRequest } from '../platform/http-server.ts';
import { type Representation, refuse, representationHeaders } from './delivery-headers.ts';
import { type ByteSource, sendSpan } from './send-span.ts';

export interface Answer {
  readonly ocaId: OcaId;
  readonly clock: Clock;
  readonly request: ServerRequest;
  readonly reply: Reply;
  readonly representation: Representation;
  readonly cacheStatus: string;
  readonly onSent: (sizeBytes: number) => void;
}

/** What a request asks of a representation, before any byte of it is read. */
export type Demand =
  | { kind: 'header-only'; status: 200 | 304 | 412 }
  | { kind: 'unsatisfiable' }
  | { kind: 'body'; status: 200 | 206; span: ByteSpan };

/** Preconditions first, ranges for GET alone. Source: RFC 9110 §13.2.2, §14.2. */
export function demandOf(request: ServerRequest, what: Representation): Demand {
  const verdict = evaluatePreconditions(request.headers, what);
  if (verdict === 'failed') return { kind: 'header-only', status: 412 };
  if (verdict === 'not-modified') return { kind: 'header-only', status: 304 };
  if (request.method === 'HEAD') return { kind: 'header-only', status: 200 };
  const { range, 'if-range': ifRange } = request.headers;
  const asked = parseRange(isRangeInForce(ifRange, what) ? range : undefined, what.sizeBytes);
  if (asked.kind === 'unsatisfiable') return asked;
  if (asked.kind === 'span') return { kind: 'body', status: 206, span: asked.span };
  return { kind: 'body', status: 200, span: { first: 0, last: what.sizeBytes - 1 } };
}

/** Answers a request for a representation from `source`, which is not touched when only headers are due. */
export async function answer(options: Answer, source: ByteSource): Promise<void> {
  const { request, reply, representation } = options;
  const headers = representationHeaders(representation, options.cacheStatus);
  const demand = demandOf(request, representation);
  if (demand.kind === 'unsatisfiable') return refuseRange(options);
  if (demand.kind === 'header-only' || spanSize(demand.span) === 0) {
    const status = demand.kind === 'body' ? 200 : demand.status;
    reply.start(status, { ...headers, ...lengthOf(status, representation) });
    return reply.end();
  }
  const { status, span } = demand;
  const begin = () =>
    reply.start(status, {
      ...headers,
      'Content-Length': String(spanSize(span)),
      ...(status === 206 ? { 'Content-Range': contentRange(span, representation.sizeBytes) } : {}),
    });
  const { clock, onSent } = options;
  await sendSpan({ source, span, reply, clock, begin, onSent });
}

function refuseRange({ reply, ocaId, representation, cacheStatus }: Answer): void {
  const range = contentRange(undefined, representation.sizeBytes);
  refuse(reply, ocaId, {
    code: 'range-not-satisfiable',
    headers: { 'Content-Range': range, 'Cache-Status': cacheStatus, ETag: representation.etag },
  });
}

/** A 304 says nothing of the length, a 412 has none. */
function lengthOf(status: 200 | 304 | 412, { sizeBytes }: Representation): Fields {
  if (status === 304) return {};
  return { 'Content-Length': status === 200 ? String(sizeBytes) : '0' };
}
