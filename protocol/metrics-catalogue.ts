/**
 * Our own CloudWatch metrics, each told once: emitters take units and dimensions from here, alarms and dashboards ask
 * for exactly what is emitted. The namespace is `metrics.namespace` of the configuration.
 */
export type MetricDimension = 'Deployment' | 'Site' | 'Oca';
/** Units that CloudWatch knows. It has none for days. Source: CloudWatch API reference, MetricDatum, read 2026-11. */
export type MetricUnit = 'Bytes' | 'Count' | 'Milliseconds' | 'None' | 'Percent';
/** The statistic that says what the metric means; others may mislead. */
export type MetricStatistic = 'Average' | 'Maximum' | 'Minimum' | 'Sum' | 'p95';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly statistic: MetricStatistic;
  /** Every set of dimensions that it is published under; those with a dimension that an emitter does not give are left out. */
  readonly dimensionSets: readonly (readonly MetricDimension[])[];
  readonly meaning: string;
}

/** `Deployment` is the prefix, so that two deployments in one account do not mix. */
const DEPLOYMENT = ['Deployment'] as const;
const SITE = ['Site'] as const;
/** `Oca` only where the configuration asks for `metrics.perOca`. */
const OCA = ['Site', 'Oca'] as const;

/** Told once a minute and OCA, as differences of the counters in its reports. */
const ofTraffic = (unit: MetricUnit, statistic: MetricStatistic, meaning: string) => ({
  unit,
  statistic,
  dimensionSets: [DEPLOYMENT, SITE, OCA],
  meaning,
});

/** Told once a minute for the whole deployment, and for the sites where it is not 0. */
const ofOcas = (meaning: string) => ({
  unit: 'Count' as const,
  statistic: 'Maximum' as const,
  dimensionSets: [DEPLOYMENT, SITE],
  meaning,
});

/** Told once a minute for the whole deployment. */
const ofFleet = (unit: MetricUnit, statistic: MetricStatistic, meaning: string) => ({
  unit,
  statistic,
  dimensionSets: [DEPLOYMENT],
  meaning,
});

export const METRICS = {
  BytesDownloaded: ofTraffic('Bytes', 'Sum', 'Bytes of bodies that OCAs sent to clients.'),
  Requests: ofTraffic('Count', 'Sum', 'Requests to OCAs for content and artwork.'),
  CacheHits: ofTraffic('Count', 'Sum', 'Requests that an OCA served from a disk.'),
  CacheMisses: ofTraffic('Count', 'Sum', 'Requests for content that the OCA did not hold.'),
  CacheHitRate: ofTraffic(
    'Percent',
    'Average',
    'Hits of hits and misses in a minute of one OCA; sums of CacheHits and CacheMisses weigh by requests.',
  ),
  OriginLatency: ofTraffic(
    'Milliseconds',
    'p95',
    'Time until CloudFront, the origin of an OCA, began its answer to a miss fetch.',
  ),
  ClientErrors: ofTraffic('Count', 'Sum', 'Requests that an OCA refused with a 4xx status.'),
  ServerErrors: ofTraffic('Count', 'Sum', 'Requests that an OCA failed with a 5xx status.'),
  EgressUtilization: ofTraffic(
    'Percent',
    'Maximum',
    'Bits sent of the egress capacity that the OCA declares, mean of a minute.',
  ),
  Heartbeats: ofTraffic('Count', 'Sum', 'One for each minute in which an OCA reported.'),
  OcasSilent: ofOcas('OCAs in use whose reports have stopped.'),
  OcasOutOfService: ofOcas('OCAs in use that steering leaves out, silent ones among them.'),
  DisksFailed: ofOcas('Disks that an OCA reports as failed.'),
  OcasFillBehind: ofOcas('OCAs that will not, or did not, finish their fill plan in the window.'),
  OcasWatched: ofFleet('Count', 'Maximum', 'OCAs in use: registered, and not drained.'),
  CertificateDaysLeft: ofFleet(
    'None',
    'Minimum',
    'Days until the first client certificate of an OCA runs out; silent OCAs do not count.',
  ),
  ServerCertificateDaysLeft: ofFleet(
    'None',
    'Minimum',
    'Days until the first certificate runs out that an OCA shows to clients; silent OCAs do not count.',
  ),
  SiteCacheHitRateMin: ofFleet('Percent', 'Average', 'CacheHitRate of the worst site.'),
  SiteClientErrorRateMax: ofFleet('Percent', 'Average', '4xx of requests at the worst site.'),
  SiteServerErrorRateMax: ofFleet('Percent', 'Average', '5xx of requests at the worst site.'),
  SiteEgressUtilizationMax: ofFleet(
    'Percent',
    'Average',
    'Bits sent of the egress capacity of all OCAs of the fullest site.',
  ),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;
