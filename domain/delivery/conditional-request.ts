/** The fields of a request that make it conditional. Names in lower case, as Node hands them over. */
export interface ConditionalFields {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-modified-since'?: string | undefined;
  readonly 'if-unmodified-since'?: string | undefined;
  readonly 'if-range'?: string | undefined;
}

/** What the client's copy is compared with. */
export interface Validators {
  /** A strong entity tag, in its quotes. */
  readonly etag: string;
  /** Another strong tag under which the same bytes are known, at another layer. */
  readonly otherEtag?: string | undefined;
  /** Epoch milliseconds, whole seconds. */
  readonly lastModifiedAt?: number | undefined;
}

/**
 * Evaluates preconditions for GET and HEAD in the order of RFC 9110 §13.2.2.
 * `proceed` may still be a range request: ask {@link isRangeInForce} too.
 */
export function evaluatePreconditions(
  fields: ConditionalFields,
  current: Validators,
): 'proceed' | 'not-modified' | 'failed' {
  if (fields['if-match'] !== undefined) {
    if (!matches(fields['if-match'], current, 'strong')) return 'failed';
  } else if (isBefore(fields['if-unmodified-since'], current.lastModifiedAt)) return 'failed';
  if (fields['if-none-match'] !== undefined) {
    return matches(fields['if-none-match'], current, 'weak') ? 'not-modified' : 'proceed';
  }
  const since = httpDate(fields['if-modified-since']);
  const isUnchanged =
    since !== undefined && current.lastModifiedAt !== undefined && current.lastModifiedAt <= since;
  return isUnchanged ? 'not-modified' : 'proceed';
}

/** Whether `If-Range` lets the `Range` field count: a strong match, or the exact date. Source: RFC 9110 §13.1.5. */
export function isRangeInForce(ifRange: string | undefined, current: Validators): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.trim();
  if (value.startsWith('"')) return value === current.etag || value === current.otherEtag;
  if (value.startsWith('W/')) return false;
  const date = httpDate(value);
  return date !== undefined && date === current.lastModifiedAt;
}

/** An entity-tag list, read with commas inside quotes respected. */
function matches(
  list: string,
  { etag, otherEtag }: Validators,
  comparison: 'strong' | 'weak',
): boolean {
  if (list.trim() === '*') return true;
  const tags = (list.match(/(?:W\/)?"[^"]*"/g) ?? []).map((tag) =>
    comparison === 'weak' ? tag.replace(/^W\//, '') : tag,
  );
  return tags.some((tag) => tag === etag || tag === otherEtag);
}

function isBefore(field: string | undefined, lastModifiedAt: number | undefined): boolean {
  const date = httpDate(field);
  return date !== undefined && lastModifiedAt !== undefined && lastModifiedAt > date;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;

/** Epoch milliseconds of an IMF-fixdate (RFC 9110 §5.6.7); undefined for anything else, which a recipient ignores. */
export function httpDate(text: string | undefined): number | undefined {
  const parts = text === undefined ? null : IMF_FIXDATE.exec(text.trim());
  if (!parts) return undefined;
  const [, day, month = '', year, hours, minutes, seconds] = parts;
  const monthIndex = MONTHS.indexOf(month);
  if (monthIndex < 0) return undefined;
  const daysSinceEpoch = daysFromCivil(Number(year), monthIndex + 1, Number(day));
  return (
    (((daysSinceEpoch * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  );
}

/** Days from 1970-01-01 to a date of the Gregorian calendar. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
