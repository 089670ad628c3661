import {
  type ConditionalFields,
  evaluatePreconditions,
  isRangeInForce,
} from '../delivery/conditional-request.ts';
import type { EpochMs } from '../units.ts';
import { type FieldLine, type FieldLines, fieldValue } from './field-lines.ts';
import { readHttpDate } from './http-date.ts';

/** Of the stored bytes, and therefore not those of a 304. Source: RFC 9111 §3.2. */
const KEPT_FIELDS = new Set([
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'etag',
]);

/** The fields that ask whether a stored response still holds. Source: RFC 9111 §4.3.1. */
export function validatingFields(stored: FieldLines): Record<string, string> {
  const etag = fieldValue(stored, 'etag');
  const lastModified = fieldValue(stored, 'last-modified');
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
  };
}

/** Whether a 304 speaks of the stored response: it names no other strong tag. Source: RFC 9111 §4.3.4. */
export function confirms(notModified: FieldLines, stored: FieldLines): boolean {
  const etag = fieldValue(notModified, 'etag');
  return etag === undefined || etag.startsWith('W/') || etag === fieldValue(stored, 'etag');
}

/** The stored header with what the 304 says anew. An age that was noted before has ended. Source: RFC 9111 §3.2. */
export function freshened(stored: FieldLines, notModified: FieldLines): FieldLine[] {
  const news = notModified.filter(([name]) => !KEPT_FIELDS.has(name));
  const names = new Set([...news.map(([name]) => name), 'age']);
  return [...stored.filter(([name]) => !names.has(name)), ...news];
}

/** What a client's conditions make of a stored response. Source: RFC 9110 §13.2.2; RFC 9111 §4.3.2. */
export function evaluateConditions(
  conditions: ConditionalFields,
  stored: FieldLines,
  now: EpochMs,
): 'proceed' | 'not-modified' | 'failed' {
  const { 'if-none-match': noneMatch, 'if-modified-since': since, ...others } = conditions;
  const strong = evaluatePreconditions(others, validatorsOf(stored, now, 'strong'));
  if (strong === 'failed') return strong;
  const weak = { 'if-none-match': noneMatch, 'if-modified-since': since };
  return evaluatePreconditions(weak, validatorsOf(stored, now, 'weak'));
}

export const isStoredRangeInForce = (
  ifRange: string | undefined,
  stored: FieldLines,
  now: EpochMs,
): boolean => isRangeInForce(ifRange, validatorsOf(stored, now, 'strong'));

/** A weak tag is one for weak comparison alone. */
function validatorsOf(stored: FieldLines, now: EpochMs, comparison: 'strong' | 'weak') {
  const etag = fieldValue(stored, 'etag') ?? '';
  const isWeak = etag.startsWith('W/');
  const usable = comparison === 'strong' && isWeak ? '' : etag.replace(/^W\//, '');
  const lastModifiedAt = readHttpDate(fieldValue(stored, 'last-modified'), now);
  return { etag: usable, lastModifiedAt };
}
