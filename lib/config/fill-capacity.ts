import type { Config } from './schema.ts';

type SiteConfig = Config['sites'][number];

/** A rate that is too low for what a night may bring. */
export interface FillShortage {
  readonly field: 'ocaBitsPerSecond' | 'siteBitsPerSecond';
  /** The rate that would just do. */
  readonly bitsPerSecondMin: number;
  /** What one OCA, or the whole site, may have to fetch in a night. */
  readonly nightlyBytes: number;
  readonly windowHours: number;
}

/**
 * Whether the fill window of a site carries the churn that is planned for: `churnRatioMax` of every OCA's disks a night,
 * within the rate of the largest OCA and within the rate of the site. For the site, no two OCAs are taken to share an
 * asset: the worst case. EC2 sites name no disks and are not judged. A night on which clocks go forward is an hour shorter.
 */
export function fillShortages(
  { fill, ocas }: Pick<SiteConfig, 'fill' | 'ocas'>,
  churnRatioMax: number,
): FillShortage[] {
  const windowHours = hoursOf(fill);
  const churn = ocas.map(
    ({ disks }) => churnRatioMax * disks.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0),
  );
  const shortage = (field: FillShortage['field'], nightlyBytes: number): FillShortage[] => {
    const bitsPerSecondMin = (nightlyBytes * 8) / (windowHours * 3600);
    return fill[field] < bitsPerSecondMin
      ? [{ field, bitsPerSecondMin, nightlyBytes, windowHours }]
      : [];
  };
  return [
    ...shortage('ocaBitsPerSecond', Math.max(0, ...churn)),
    ...shortage(
      'siteBitsPerSecond',
      churn.reduce((sum, each) => sum + each, 0),
    ),
  ];
}

/** Over 0, at most 24: an end that is not after the start lies on the next day. */
function hoursOf({ windowStart, windowEnd }: SiteConfig['fill']): number {
  const minutes = minutesOf(windowEnd) - minutesOf(windowStart);
  return (minutes > 0 ? minutes : minutes + 24 * 60) / 60;
}

function minutesOf(wallClock: string): number {
  const [hours = 0, minutes = 0] = wallClock.split(':').map(Number);
  return hours * 60 + minutes;
}
