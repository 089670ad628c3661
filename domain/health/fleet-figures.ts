import type { SiteId } from '../ids.ts';
import { bytes, type EpochMs, elapsed, rateOf, seconds, share } from '../units.ts';
import { NO_TRAFFIC, sum, type TrafficCounters } from './traffic-ledger.ts';
import type { OcaVerdict } from './watch-fleet.ts';

/** Counts of one site, or of all. */
export interface OcaCounts {
  readonly watched: number;
  readonly silent: number;
  readonly outOfService: number;
  readonly disksFailed: number;
  readonly fillBehind: number;
}

/** Ratios of one site's last minute, 0..1; those are absent that too few requests say anything about. */
export interface SiteRatios {
  readonly cacheHit?: number;
  readonly clientError?: number;
  readonly serverError?: number;
  /** Of the declared capacity of its OCAs; may pass 1. */
  readonly egressUtilization?: number;
}

/** The site with the worst ratio, and that ratio. */
export interface WorstSite {
  readonly siteId: SiteId;
  readonly ratio: number;
}

export type WorstSites = { readonly [Name in keyof SiteRatios]?: WorstSite };

/** Traffic that was told longer ago says nothing about now. */
const TRAFFIC_LIFETIME = seconds(180);

export const countOcas = (verdicts: readonly OcaVerdict[]): OcaCounts => {
  const watched = verdicts.filter(({ isWatched }) => isWatched);
  const count = (isCounted: (verdict: OcaVerdict) => boolean) => watched.filter(isCounted).length;
  return {
    watched: watched.length,
    silent: count(({ isSilent }) => isSilent),
    outOfService: count(({ isOutOfService }) => isOutOfService),
    disksFailed: watched.reduce((disks, { facts }) => disks + (facts.report?.disksFailed ?? 0), 0),
    fillBehind: count(({ isFillBehind }) => isFillBehind),
  };
};

/** When the first certificate of an OCA that is heard runs out: of those for the control plane, or those for clients. */
export function firstEnd(
  verdicts: readonly OcaVerdict[],
  which: 'certificateExpiresAt' | 'serverCertificateExpiresAt',
): EpochMs | undefined {
  const ends = verdicts
    .filter(({ isWatched, isSilent }) => isWatched && !isSilent)
    .flatMap(({ facts }) => facts[which] ?? []);
  return ends.length === 0 ? undefined : (Math.min(...ends) as EpochMs);
}

export function siteRatios(
  verdicts: readonly OcaVerdict[],
  { now, requestsMin }: { readonly now: EpochMs; readonly requestsMin: number },
): SiteRatios {
  const reports = verdicts.flatMap(({ facts }) => facts.report ?? []);
  const recent = reports.flatMap(({ lastTraffic, egressCapacity }) =>
    lastTraffic && elapsed(lastTraffic.endedAt, now) < TRAFFIC_LIFETIME
      ? [{ ...lastTraffic, egressCapacity }]
      : [],
  );
  const traffic = recent.reduce((all, { counters }) => sum(all, counters), NO_TRAFFIC);
  const capable = recent.filter(({ egressCapacity }) => egressCapacity !== undefined);
  const capacity = capable.reduce((all, { egressCapacity = 0 }) => all + egressCapacity, 0);
  const egress = capable.reduce(
    (all, { counters, duration }) => all + rateOf(bytes(counters.sentBytes), duration),
    0,
  );
  return {
    ...requestRatios(traffic, requestsMin),
    ...(capacity > 0 ? { egressUtilization: egress / capacity } : {}),
  };
}

function requestRatios(traffic: TrafficCounters, requestsMin: number): SiteRatios {
  const { requests, hits, misses, clientErrors, serverErrors } = traffic;
  const isTelling = (count: number) => count > 0 && count >= requestsMin;
  return {
    ...(isTelling(hits + misses) ? { cacheHit: share(hits, hits + misses) } : {}),
    ...(isTelling(requests)
      ? { clientError: clientErrors / requests, serverError: serverErrors / requests }
      : {}),
  };
}

/** For every ratio the site where it is worst; the first of equals. */
export function worstSites(ratiosBySite: ReadonlyMap<SiteId, SiteRatios>): WorstSites {
  const worst = (name: keyof SiteRatios, isWorse: (one: number, other: number) => boolean) => {
    const sites = [...ratiosBySite].flatMap(([siteId, { [name]: ratio }]) =>
      ratio === undefined ? [] : [{ siteId, ratio }],
    );
    const [first, ...rest] = sites;
    if (!first) return {};
    return {
      [name]: rest.reduce((one, other) => (isWorse(other.ratio, one.ratio) ? other : one), first),
    };
  };
  const larger = (one: number, other: number) => one > other;
  return {
    ...worst('cacheHit', (one, other) => one < other),
    ...worst('clientError', larger),
    ...worst('serverError', larger),
    ...worst('egressUtilization', larger),
  };
}
