import { countOcas, firstEnd, type WorstSites } from '#domain/health/fleet-figures.ts';
import type { OcaVerdict } from '#domain/health/watch-fleet.ts';
import type { SiteId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { Measurement } from '../shared/metrics.ts';

const DAY_MS = 86_400_000;

/** The verdicts of one site. */
export interface WatchedSite {
  readonly siteId: SiteId;
  readonly verdicts: readonly OcaVerdict[];
}

/** The figures of the whole deployment: always the same metrics, however many OCAs and sites there are. */
export function fleetMeasurement(options: {
  readonly deployment: string;
  readonly now: EpochMs;
  readonly sites: readonly WatchedSite[];
  readonly worst: WorstSites;
}): Measurement {
  const { deployment, now, sites, worst } = options;
  const verdicts = sites.flatMap((site) => site.verdicts);
  const { watched, ...troubles } = countOcas(verdicts);
  return {
    at: now,
    dimensions: { Deployment: deployment },
    values: {
      OcasWatched: watched,
      ...troubleValues(troubles),
      ...daysLeft('CertificateDaysLeft', firstEnd(verdicts, 'certificateExpiresAt'), now),
      ...daysLeft(
        'ServerCertificateDaysLeft',
        firstEnd(verdicts, 'serverCertificateExpiresAt'),
        now,
      ),
      ...percent('SiteCacheHitRateMin', worst.cacheHit?.ratio),
      ...percent('SiteClientErrorRateMax', worst.clientError?.ratio),
      ...percent('SiteServerErrorRateMax', worst.serverError?.ratio),
      ...percent('SiteEgressUtilizationMax', worst.egressUtilization?.ratio),
    },
    facts: { event: 'fleet.watched' },
  };
}

/** The sites that have troubles; the others' metrics would cost money and say 0. */
export const siteMeasurements = (sites: readonly WatchedSite[], now: EpochMs): Measurement[] =>
  sites.flatMap(({ siteId, verdicts }) => {
    const { watched, ...troubles } = countOcas(verdicts);
    if (Object.values(troubles).every((count) => count === 0)) return [];
    return [
      {
        at: now,
        dimensions: { Site: siteId },
        values: troubleValues(troubles),
        facts: { event: 'site.watched', watched },
      },
    ];
  });

const troubleValues = (counts: Omit<ReturnType<typeof countOcas>, 'watched'>) => ({
  OcasSilent: counts.silent,
  OcasOutOfService: counts.outOfService,
  DisksFailed: counts.disksFailed,
  OcasFillBehind: counts.fillBehind,
});

const daysLeft = <Name extends string>(name: Name, endsAt: EpochMs | undefined, now: EpochMs) =>
  (endsAt === undefined ? {} : { [name]: (endsAt - now) / DAY_MS }) as Partial<
    Record<Name, number>
  >;

const percent = <Name extends string>(name: Name, ratio: number | undefined) =>
  (ratio === undefined ? {} : { [name]: 100 * ratio }) as Partial<Record<Name, number>>;
