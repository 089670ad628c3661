import { type EpochMs, elapsed, type Milliseconds, milliseconds, seconds } from '../units.ts';
import { type CacheDirectives, DELTA_SECONDS_MAX, secondsOf } from './cache-control.ts';
import { type FieldLines, fieldValue } from './field-lines.ts';
import { readHttpDate } from './http-date.ts';

/** A response of an upstream, as far as a cache's rules look at it. */
export interface ReceivedResponse {
  readonly status: number;
  readonly fields: FieldLines;
  /** Those that are in force: of `CDN-Cache-Control` where that is valid, else of `Cache-Control`. */
  readonly directives: CacheDirectives;
  /** The directives are of a field for caches such as ours: `Expires` says nothing then. Source: RFC 9213 §2.2. */
  readonly isTargeted: boolean;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
}

/** Statuses that may be reused without being told so. Source: RFC 9110 §15.1, without 206, which we do not store. */
const HEURISTIC_STATUSES = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
/** Source: RFC 9111 §4.2.2, "a typical setting of this fraction might be 10%". */
const HEURISTIC_FRACTION = 0.1;
/** Nothing that nobody gave a lifetime is reused for longer. Assumption. */
const HEURISTIC_MAX = seconds(86_400);

/** For how long a response may be reused without asking. Source: RFC 9111 §4.2.1. */
export function freshnessLifetime(response: ReceivedResponse): Milliseconds {
  const { directives, fields, receivedAt, isTargeted } = response;
  const said = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  if (said !== undefined) return seconds(said);
  const expires = isTargeted ? undefined : fieldValue(fields, 'expires');
  if (expires === undefined) return heuristicLifetime(response);
  const expiresAt = readHttpDate(expires, receivedAt);
  return expiresAt === undefined ? milliseconds(0) : elapsed(dateOf(response), expiresAt);
}

/** Whether a response says itself for how long it may be reused, or that it may be. */
export function saysLifetime({ directives, fields, isTargeted }: ReceivedResponse): boolean {
  const isSaid = ['s-maxage', 'max-age', 'public'].some((name) => directives.has(name));
  return isSaid || (!isTargeted && fieldValue(fields, 'expires') !== undefined);
}

export const isHeuristicallyCacheable = ({ status, directives }: ReceivedResponse): boolean =>
  HEURISTIC_STATUSES.has(status) || directives.has('public');

/** How long ago the origin made or confirmed a response. Source: RFC 9111 §4.2.3. */
export function currentAge(response: ReceivedResponse, now: EpochMs): Milliseconds {
  const { requestedAt, receivedAt } = response;
  const apparentAge = elapsed(dateOf(response), receivedAt);
  const correctedAge = ageField(response) + elapsed(requestedAt, receivedAt);
  return milliseconds(Math.max(apparentAge, correctedAge) + elapsed(receivedAt, now));
}

/** Whole seconds, for the `Age` field. */
export const ageSeconds = (response: ReceivedResponse, now: EpochMs): number =>
  Math.min(Math.floor(currentAge(response, now) / 1000), DELTA_SECONDS_MAX);

function heuristicLifetime(response: ReceivedResponse): Milliseconds {
  const { fields, receivedAt } = response;
  const modifiedAt = readHttpDate(fieldValue(fields, 'last-modified'), receivedAt);
  const isPersonal = fieldValue(fields, 'set-cookie') !== undefined;
  if (modifiedAt === undefined || isPersonal || !isHeuristicallyCacheable(response))
    return milliseconds(0);
  const lifetimeMs = elapsed(modifiedAt, dateOf(response)) * HEURISTIC_FRACTION;
  return milliseconds(Math.min(lifetimeMs, HEURISTIC_MAX));
}

const dateOf = ({ fields, receivedAt }: ReceivedResponse): EpochMs =>
  readHttpDate(fieldValue(fields, 'date'), receivedAt) ?? receivedAt;

/** Of several numbers the first counts; what is no number is ignored. Source: RFC 9111 §5.1. */
function ageField({ fields }: ReceivedResponse): Milliseconds {
  const [first = ''] = (fieldValue(fields, 'age') ?? '').split(',', 1);
  const age = /^\d+$/.test(first.trim()) ? Number(first) : 0;
  return seconds(Math.min(age, DELTA_SECONDS_MAX));
}
