import { evaluatePreconditions } from '#domain/delivery/conditional-request.ts';
import { CdnError } from '#domain/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../shared/http.ts';
import { authorizeOca } from '../authorize.ts';
import type { ControlContext } from '../context.ts';

const ONE_ETAG = /^"[^"]*"$/;

/** `GET /v1/ocas/{ocaId}/plan`: the signed plan in force, or 304 when the agent has it. */
export async function planAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { ocaId } = await authorizeOca(context, request);
  const ifNoneMatch = request.headers['if-none-match']?.trim();
  const knownEtag = ifNoneMatch && ONE_ETAG.test(ifNoneMatch) ? ifNoneMatch : undefined;
  const stored = await context.plans.read(ocaId, knownEtag);
  if (stored === undefined) {
    throw new CdnError('plan-not-found', `no plan has been made for ${ocaId} yet: ask again`);
  }
  if (stored === 'not-modified') return notModified(knownEtag ?? '');
  const { etag, text } = stored;
  const verdict = evaluatePreconditions({ 'if-none-match': ifNoneMatch }, { etag });
  if (verdict === 'not-modified') return notModified(etag);
  const headers = { 'Content-Type': 'application/json', ...cacheHeaders(etag) };
  return { status: 200, headers, body: text };
}

const notModified = (etag: string): HttpAnswer => ({
  status: 304,
  headers: cacheHeaders(etag),
  body: '',
});

/** It may be kept, but is asked about each time. */
const cacheHeaders = (etag: string) => ({ ETag: etag, 'Cache-Control': 'private, no-cache' });
