import { type EpochMs, type Milliseconds, milliseconds, seconds } from '../units.ts';
import { type CacheDirectives, secondsOf } from './cache-control.ts';
import { currentAge, freshnessLifetime, type ReceivedResponse } from './freshness.ts';

/**
 * What may be done with a stored response: reuse it, reuse it and have it confirmed meanwhile, or have it confirmed first.
 */
export type Reuse = 'reuse' | 'reuse-and-validate' | 'validate';

/** A shared cache asks first once these are stale. Source: RFC 9111 §4.2.4, §5.2.2; s-maxage: §5.2.2.10. */
const NEVER_STALE = ['no-cache', 'must-revalidate', 'proxy-revalidate', 's-maxage'] as const;
/** How long a response may be stale that is served because the upstream is away, unless it says otherwise. Assumption. */
const STALE_WHEN_AWAY_MAX = seconds(86_400);

/** Decides by what the origin said of the response and the client of its wishes. Source: RFC 9111 §4.2, §5.2.1; RFC 5861 §3. */
export function decideReuse(
  wishes: CacheDirectives,
  response: ReceivedResponse,
  now: EpochMs,
): Reuse {
  const { directives } = response;
  if (directives.has('no-cache') || wishes.has('no-cache')) return 'validate';
  const age = currentAge(response, now);
  const lifetime = freshnessLifetime(response);
  const ageMax = secondsOf(wishes, 'max-age') ?? Number.POSITIVE_INFINITY;
  const freshMin = secondsOf(wishes, 'min-fresh') ?? 0;
  const isRecent = age <= ageMax * 1000;
  if (age < lifetime) return isRecent && lifetime - age >= freshMin * 1000 ? 'reuse' : 'validate';
  if (!isRecent || freshMin > 0 || mustNotBeStale(directives)) return 'validate';
  const staleness = milliseconds(age - lifetime);
  if (isWithin(staleness, toleratedSeconds(wishes))) return 'reuse';
  const window = secondsOf(directives, 'stale-while-revalidate');
  return isWithin(staleness, window) ? 'reuse-and-validate' : 'validate';
}

/**
 * Whether a stale response is better than the upstream's failure: an error that it answered, or no answer at all.
 * Source: RFC 5861 §4, RFC 9111 §4.2.4.
 */
export function mayStandIn(
  response: ReceivedResponse,
  failure: 'error-status' | 'no-answer',
  now: EpochMs,
): boolean {
  const { directives } = response;
  if (mustNotBeStale(directives)) return false;
  const said = secondsOf(directives, 'stale-if-error');
  const limit = failure === 'no-answer' ? (said ?? STALE_WHEN_AWAY_MAX / 1000) : said;
  return isWithin(staleFor(response, now), limit);
}

/** Statuses that tell of a failure between the client and the resource. Source: RFC 5861 §4. */
export const isFailureStatus = (status: number): boolean =>
  status === 500 || status === 502 || status === 503 || status === 504;

const mustNotBeStale = (directives: CacheDirectives): boolean =>
  NEVER_STALE.some((name) => directives.has(name));

const staleFor = (response: ReceivedResponse, now: EpochMs): Milliseconds =>
  milliseconds(Math.max(0, currentAge(response, now) - freshnessLifetime(response)));

const isWithin = (staleness: Milliseconds, limitSeconds: number | undefined): boolean =>
  limitSeconds !== undefined && staleness <= limitSeconds * 1000;

/** `max-stale` without a number takes any. */
const toleratedSeconds = (wishes: CacheDirectives): number | undefined =>
  wishes.get('max-stale') === true ? Number.POSITIVE_INFINITY : secondsOf(wishes, 'max-stale');
