import { type Alarm, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { MetricName } from '#protocol/metrics-catalogue.ts';
import type { Config } from '../../config/schema.ts';
import type { Alarms } from './alarms.ts';
import { PERCENT } from './cloudfront-metrics.ts';
import { deploymentMetric, FIVE_MINUTES, MINUTE } from './own-metrics.ts';

/** What of the fleet the composite alarms look at. */
export interface FleetAlarms {
  readonly serverErrors: Alarm;
  readonly ocasLost: Alarm;
  readonly siteEgress: Alarm;
}

/** So many of all OCAs out of service are more than repairs and restarts. Assumption. */
const LOST_PERCENT_MAX = 10;

/** Adds the alarms of OCAs: a constant number, however many there are. fleet-watch's log names the ones in trouble. */
export function addFleetAlarms(alarms: Alarms, config: Config): FleetAlarms {
  addConditionAlarms(alarms, config);
  addTrafficAlarms(alarms, config);
  addSiteAlarms(alarms, config);
  return {
    serverErrors: addServerErrorAlarm(alarms, config),
    ocasLost: addLostAlarm(alarms, config),
    siteEgress: addEgressAlarm(alarms, config),
  };
}

function addConditionAlarms(alarms: Alarms, config: Config): void {
  const count = (name: MetricName, period = FIVE_MINUTES) => ({
    severity: 'warning' as const,
    metric: deploymentMetric(config, name, period),
    isFaulty: { above: 0 },
  });
  alarms.add({
    ...count('OcasSilent', MINUTE),
    name: 'ocas-silent',
    description: 'An agent has stopped reporting, or nobody looks whether one has.',
    periods: 5,
    whenMissing: 'faulty',
  });
  alarms.add({
    ...count('DisksFailed'),
    name: 'disks-failed',
    description:
      'A disk of an OCA has failed or takes no more writes; the OCA serves from its others.',
    periods: 2,
  });
  alarms.add({
    ...count('OcasFillBehind'),
    name: 'fill-behind',
    description: 'An OCA will not finish its fill plan in the window, or has not.',
  });
  alarms.add({
    name: 'client-certificates-expiring',
    severity: 'warning',
    metric: deploymentMetric(config, 'CertificateDaysLeft', Duration.hours(1)),
    isFaulty: { below: config.alarms.certificateDaysMin },
    description: 'An OCA has not renewed its certificate; without one it cannot report.',
    periods: 1,
    whenMissing: 'unchanged',
  });
}

function addTrafficAlarms(alarms: Alarms, config: Config): void {
  const { cacheHitRatioMin, clientErrorRatioMax, originLatencyP95MaxMs } = config.alarms;
  const { requestsPerPeriodMin } = config.alarms;
  alarms.add({
    name: 'oca-cache-hit-rate-low',
    severity: 'warning',
    metric: math(
      config,
      `IF(hits + misses >= ${requestsPerPeriodMin}, ${PERCENT} * hits / (hits + misses), ${PERCENT})`,
      { hits: 'CacheHits', misses: 'CacheMisses' },
    ),
    isFaulty: { below: cacheHitRatioMin * PERCENT },
    description: 'OCAs hold too little of what is watched, so CloudFront is asked too often.',
  });
  alarms.add({
    name: 'oca-client-errors-high',
    severity: 'warning',
    metric: errorRate(config, 'ClientErrors'),
    isFaulty: { above: clientErrorRatioMax * PERCENT },
    description: 'OCAs refuse clients, or clients ask for what is not there.',
  });
  alarms.add({
    name: 'oca-origin-latency-high',
    severity: 'warning',
    metric: math(config, `IF(requests >= ${requestsPerPeriodMin}, latency, 0)`, {
      requests: 'Requests',
      latency: 'OriginLatency',
    }),
    isFaulty: { above: originLatencyP95MaxMs },
    description: 'CloudFront answers OCAs slowly: one miss fetch in twenty waits longer (ms).',
  });
}

/** Ratios of the worst site. fleet-watch leaves out sites with too few requests. */
function addSiteAlarms(alarms: Alarms, config: Config): void {
  const { cacheHitRatioMin, clientErrorRatioMax, serverErrorRatioMax } = config.alarms;
  const ofWorst = (name: MetricName) => ({
    severity: 'warning' as const,
    metric: deploymentMetric(config, name, FIVE_MINUTES),
  });
  alarms.add({
    ...ofWorst('SiteCacheHitRateMin'),
    name: 'site-cache-hit-rate-low',
    isFaulty: { below: cacheHitRatioMin * PERCENT },
    description: 'A site holds too little of what its clients watch.',
  });
  alarms.add({
    ...ofWorst('SiteClientErrorRateMax'),
    name: 'site-client-errors-high',
    isFaulty: { above: clientErrorRatioMax * PERCENT },
    description: 'A site refuses clients, or they ask for what is not there.',
  });
  alarms.add({
    ...ofWorst('SiteServerErrorRateMax'),
    name: 'site-server-errors-high',
    isFaulty: { above: serverErrorRatioMax * PERCENT },
    description: 'A site fails its clients; their players go on to other pathways.',
  });
}

const addServerErrorAlarm = (alarms: Alarms, config: Config): Alarm =>
  alarms.add({
    name: 'oca-server-errors-high',
    severity: 'critical',
    metric: errorRate(config, 'ServerErrors'),
    isFaulty: { above: config.alarms.serverErrorRatioMax * PERCENT },
    description: 'OCAs fail clients with 5xx.',
    isMember: true,
  });

const addLostAlarm = (alarms: Alarms, config: Config): Alarm =>
  alarms.add({
    name: 'ocas-lost',
    severity: 'critical',
    metric: math(
      config,
      `IF(watched > 0, ${PERCENT} * out / watched, 0)`,
      { watched: 'OcasWatched', out: 'OcasOutOfService' },
      MINUTE,
    ),
    isFaulty: { above: LOST_PERCENT_MAX },
    description:
      'Many OCAs are out of service at once: the others and CloudFront carry their viewers.',
    periods: 5,
    isMember: true,
  });

const addEgressAlarm = (alarms: Alarms, config: Config): Alarm =>
  alarms.add({
    name: 'site-egress-high',
    severity: 'warning',
    metric: deploymentMetric(config, 'SiteEgressUtilizationMax', FIVE_MINUTES),
    isFaulty: { above: config.alarms.bandwidthUtilizationMax * PERCENT },
    description: 'A site nears the egress capacity of its OCAs.',
    whenMissing: 'unchanged',
  });

const errorRate = (config: Config, errors: 'ClientErrors' | 'ServerErrors'): MathExpression =>
  math(
    config,
    `IF(requests >= ${config.alarms.requestsPerPeriodMin}, ${PERCENT} * errors / requests, 0)`,
    { requests: 'Requests', errors },
  );

const math = (
  config: Config,
  expression: string,
  metrics: Readonly<Record<string, MetricName>>,
  period = FIVE_MINUTES,
): MathExpression =>
  new MathExpression({
    expression,
    label: Object.values(metrics).join(', '),
    usingMetrics: Object.fromEntries(
      Object.entries(metrics).map(([id, name]) => [id, deploymentMetric(config, name, period)]),
    ),
    period,
  });
