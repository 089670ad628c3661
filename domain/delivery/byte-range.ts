/** One span of bytes of a representation: both ends inside it, both included. */
export interface ByteSpan {
  readonly first: number;
  readonly last: number;
}

/** What a `Range` field asks of a representation of known size. */
export type RangeRequest =
  /** No range, one that is not understood, or several: the whole representation is the right answer. */
  { kind: 'whole' } | { kind: 'span'; span: ByteSpan } | { kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };
const UNSATISFIABLE: RangeRequest = { kind: 'unsatisfiable' };
const SPEC = /^bytes[ \t]*=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * Reads a `Range` field value. Malformed ranges are ignored and several ranges are answered with the whole
 * representation, as RFC 9110 §14.2 allows; first, suffix and open ranges are clamped to the size.
 * Source: RFC 9110, sections 14.1.1, 14.1.2 and 14.2.
 */
export function parseRange(value: string | undefined, sizeBytes: number): RangeRequest {
  const spec = value === undefined ? null : SPEC.exec(value);
  if (!spec) return WHOLE;
  const [, from = '', to = ''] = spec;
  if (from === '' && to === '') return WHOLE;
  if (from === '') return suffix(Number(to), sizeBytes);
  const first = Number(from);
  const last = to === '' ? sizeBytes - 1 : Number(to);
  if (to !== '' && last < first) return WHOLE;
  if (first >= sizeBytes) return UNSATISFIABLE;
  return { kind: 'span', span: { first, last: Math.min(last, sizeBytes - 1) } };
}

/** The size of a span in bytes. */
export const spanSize = (span: ByteSpan): number => span.last - span.first + 1;

/** The `Content-Range` field of a 206, or of a 416 when there is no span. */
export const contentRange = (span: ByteSpan | undefined, sizeBytes: number): string =>
  span ? `bytes ${span.first}-${span.last}/${sizeBytes}` : `bytes */${sizeBytes}`;

function suffix(length: number, sizeBytes: number): RangeRequest {
  if (length === 0 || sizeBytes === 0) return UNSATISFIABLE;
  return { kind: 'span', span: { first: Math.max(0, sizeBytes - length), last: sizeBytes - 1 } };
}
