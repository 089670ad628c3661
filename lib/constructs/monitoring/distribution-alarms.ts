import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Config } from '../../config/schema.ts';
import type { Alarms } from './alarms.ts';
import { type CloudFrontMetrics, PERCENT } from './cloudfront-metrics.ts';

/** The alarms that each distribution has. */
export const DISTRIBUTION_HEADINGS = [
  'cache-hit-rate-low',
  'client-errors-high',
  'server-errors-high',
  'origin-latency-high',
  'bandwidth-near-quota',
] as const;

/** Adds the alarms of one distribution; names end in `suffix`. Returns the one that says that viewers are failed. */
export function addDistributionAlarms(
  alarms: Alarms,
  { config, metrics, suffix }: { config: Config; metrics: CloudFrontMetrics; suffix: string },
): Alarm {
  const { cacheHitRatioMin, clientErrorRatioMax, originLatencyP95MaxMs } = config.alarms;
  const warnings = [
    {
      heading: 'cache-hit-rate-low',
      metric: metrics.whenBusy(metrics.metric('CacheHitRate', Stats.AVERAGE), {
        otherwise: PERCENT,
      }),
      isFaulty: { below: cacheHitRatioMin * PERCENT },
      description: 'CloudFront serves too little from its caches, so S3 is asked too often.',
    },
    {
      heading: 'client-errors-high',
      metric: metrics.whenBusy(metrics.metric('4xxErrorRate', Stats.AVERAGE), { otherwise: 0 }),
      isFaulty: { above: clientErrorRatioMax * PERCENT },
      description: 'Viewers are refused or ask for what is not there.',
    },
    {
      heading: 'origin-latency-high',
      metric: metrics.whenBusy(metrics.metric('OriginLatency', Stats.percentile(95)), {
        otherwise: 0,
      }),
      isFaulty: { above: originLatencyP95MaxMs },
      description: 'S3 answers CloudFront slowly: one request in twenty takes longer (ms).',
    },
    {
      heading: 'bandwidth-near-quota',
      metric: metrics.bandwidthUtilization(),
      isFaulty: { above: config.alarms.bandwidthUtilizationMax * PERCENT },
      description: 'The distribution nears its data transfer quota: ask AWS to raise it.',
      whenMissing: 'unchanged' as const,
    },
  ];
  for (const warning of warnings) {
    alarms.add({ name: `${warning.heading}${suffix}`, severity: 'warning', ...warning });
  }
  return alarms.add({
    name: `server-errors-high${suffix}`,
    heading: 'server-errors-high',
    severity: 'critical',
    metric: metrics.whenBusy(metrics.metric('5xxErrorRate', Stats.AVERAGE), { otherwise: 0 }),
    isFaulty: { above: config.alarms.serverErrorRatioMax * PERCENT },
    description: 'CloudFront or all origins fail.',
    isMember: true,
  });
}
