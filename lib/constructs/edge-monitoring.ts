import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { EDGE_REGION } from '../names.ts';
import { Alarms } from './alarms.ts';

const PERIOD = Duration.minutes(5);
const PERCENT = 100;

/**
 * Alarms and dashboard of CloudFront. The metrics are built by hand because CDK's `Distribution.metric*()` leave out the
 * dimension `Region=Global`, without which a metric matches nothing and its alarm stays silent for ever (aws-cdk#19245).
 */
export class EdgeMonitoring extends Construct {
  private readonly config: Config;
  private readonly distribution: Distribution;

  constructor(
    scope: Construct,
    id: string,
    { config, distribution }: { readonly config: Config; readonly distribution: Distribution },
  ) {
    super(scope, id);
    this.config = config;
    this.distribution = distribution;
    const alarms = new Alarms(this, 'Alarms', { config, part: 'edge' });
    this.addRatioAlarms(alarms);
    this.addLatencyAlarm(alarms);
    this.addBandwidthAlarm(alarms);
    this.addDashboard(alarms);
  }

  private addRatioAlarms(alarms: Alarms): void {
    const { cacheHitRatioMin, clientErrorRatioMax, serverErrorRatioMax } = this.config.alarms;
    alarms.add({
      name: 'cache-hit-rate-low',
      severity: 'warning',
      metric: this.whenBusy('CacheHitRate', { otherwise: PERCENT }),
      isFaulty: { below: cacheHitRatioMin * PERCENT },
      description: 'CloudFront serves too little from its caches, so S3 is asked too often.',
    });
    alarms.add({
      name: 'client-errors-high',
      severity: 'warning',
      metric: this.whenBusy('4xxErrorRate', { otherwise: 0 }),
      isFaulty: { above: clientErrorRatioMax * PERCENT },
      description: 'Viewers are refused or ask for what is not there.',
    });
    alarms.add({
      name: 'server-errors-high',
      severity: 'critical',
      metric: this.whenBusy('5xxErrorRate', { otherwise: 0 }),
      isFaulty: { above: serverErrorRatioMax * PERCENT },
      description: 'CloudFront or all origins fail.',
    });
  }

  private addLatencyAlarm(alarms: Alarms): void {
    alarms.add({
      name: 'origin-latency-high',
      severity: 'warning',
      metric: this.metric('OriginLatency', Stats.percentile(95)),
      isFaulty: { above: this.config.alarms.originLatencyP95MaxMs },
      description: 'S3 answers CloudFront slowly: one request in twenty takes longer (ms).',
    });
  }

  private addBandwidthAlarm(alarms: Alarms): void {
    alarms.add({
      name: 'bandwidth-near-quota',
      severity: 'warning',
      metric: this.bandwidth(
        `${PERCENT} * bytes * 8 / PERIOD(bytes) / ${this.config.limits.distributionBitsPerSecond}`,
        'percent of the quota',
      ),
      isFaulty: { above: this.config.alarms.bandwidthUtilizationMax * PERCENT },
      description: 'The distribution nears its data transfer quota: ask AWS to raise it.',
    });
  }

  private addDashboard(alarms: Alarms): void {
    const graph = (title: string, left: IMetric[]) =>
      new GraphWidget({ title, left, width: 12, region: EDGE_REGION });
    new Dashboard(this, 'Dashboard', {
      dashboardName: `${this.config.prefix}-edge`,
      widgets: [
        [new AlarmStatusWidget({ alarms: alarms.all, width: 24 })],
        [
          graph('Cache hit rate (%)', [this.metric('CacheHitRate', Stats.AVERAGE)]),
          graph('Egress (bit/s)', [this.bandwidth('bytes * 8 / PERIOD(bytes)', 'egress')]),
        ],
        [
          graph(
            'Origin latency (ms)',
            [50, 95, 99].map((rank) => this.metric('OriginLatency', Stats.percentile(rank))),
          ),
          graph(
            'Errors (% of requests)',
            ['4xxErrorRate', '5xxErrorRate'].map((name) => this.metric(name, Stats.AVERAGE)),
          ),
        ],
      ],
    });
  }

  /** A rate in percent, replaced by `otherwise` in periods with so few requests that it says nothing. */
  private whenBusy(metricName: string, { otherwise }: { otherwise: number }): IMetric {
    return new MathExpression({
      label: metricName,
      expression: `IF(requests >= ${this.config.alarms.requestsPerPeriodMin}, rate, ${otherwise})`,
      usingMetrics: {
        rate: this.metric(metricName, Stats.AVERAGE),
        requests: this.metric('Requests', Stats.SUM),
      },
      period: PERIOD,
    });
  }

  private bandwidth(expression: string, label: string): IMetric {
    const bytes = this.metric('BytesDownloaded', Stats.SUM);
    return new MathExpression({ label, expression, usingMetrics: { bytes }, period: PERIOD });
  }

  private metric(metricName: string, statistic: string): Metric {
    return new Metric({
      namespace: 'AWS/CloudFront',
      metricName,
      dimensionsMap: { DistributionId: this.distribution.distributionId, Region: 'Global' },
      statistic,
      period: PERIOD,
    });
  }
}
