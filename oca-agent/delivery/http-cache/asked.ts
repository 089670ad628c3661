import { type CacheDirectives, parseCacheControl } from '#domain/http-cache/cache-control.ts';
import {
  endToEnd,
  type FieldLines,
  fieldLines,
  fieldValue,
} from '#domain/http-cache/field-lines.ts';
import type { OcaId } from '#domain/ids.ts';
import type { Reply, ServerRequest } from '../../platform/http-server.ts';

/** A request, as the cache sees it. */
export interface Asked {
  /** What the response is stored under: without a token, without a query. */
  readonly path: string;
  /** Where the upstream has it. @throws CdnError `upstream-unreachable` when that is not known. */
  readonly url: () => string;
  readonly request: ServerRequest;
  readonly reply: Reply;
  /** The end-to-end fields that count and are passed on. */
  readonly fields: FieldLines;
  readonly wishes: CacheDirectives;
}

/**
 * Fields that stay here: the upstream is asked for plain bytes, which everybody can take, by its own name; the two that a web
 * server of ours in front tells us the client by are for us alone.
 */
const OWN_FIELDS = new Set([
  'accept-encoding',
  'content-length',
  'expect',
  'host',
  'x-client-address',
  'x-request-id',
]);
/** Fields that ask for a part, or for nothing if nothing changed. */
const PARTIAL_FIELDS = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

export function askedOf(
  request: ServerRequest,
  rest: Pick<Asked, 'path' | 'url' | 'reply'>,
): Asked {
  const lines = endToEnd(fieldLines(request.rawHeaders));
  const fields = lines.filter(([name]) => !OWN_FIELDS.has(name));
  return {
    ...rest,
    request,
    fields,
    wishes: parseCacheControl(fieldValue(fields, 'cache-control')),
  };
}

/** Whether a whole answer is more than was asked for. */
export const asksForPart = ({ fields }: Asked): boolean =>
  fields.some(([name]) => PARTIAL_FIELDS.has(name));

/** The client's fields for the upstream, with our name in `Via`. Source: RFC 9110 §7.6.3. */
export function forwardedFields({ fields, request }: Asked, ocaId: OcaId): Record<string, string> {
  const names = new Set(fields.map(([name]) => name));
  const joined = [...names].map((name) => [name, fieldValue(fields, name) ?? '']);
  const via = `${request.httpVersion} ${ocaId}`;
  const before = fieldValue(fields, 'via');
  return { ...Object.fromEntries(joined), via: before === undefined ? via : `${before}, ${via}` };
}

/** The same, asking for all of it. */
export const wholeFields = (asked: Asked, ocaId: OcaId): Record<string, string> =>
  Object.fromEntries(
    Object.entries(forwardedFields(asked, ocaId)).filter(([name]) => !PARTIAL_FIELDS.has(name)),
  );
