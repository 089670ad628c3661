import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Config } from '../../config/schema.ts';

const PERIOD = Duration.minutes(5);
export const PERCENT = 100;

/** Whether a value lies above or below which nothing is wrong, in times with too few requests to tell. */
export interface QuietValue {
  readonly otherwise: number;
}

/**
 * Metrics of one distribution. They are built by hand because CDK's `Distribution.metric*()` leave out the dimension
 * `Region=Global`, without which a metric matches nothing and its alarm stays silent for ever (aws-cdk#19245).
 */
export class CloudFrontMetrics {
  private readonly config: Config;
  private readonly distributionId: string;

  constructor(config: Config, distributionId: string) {
    this.config = config;
    this.distributionId = distributionId;
  }

  metric(metricName: string, statistic: string): Metric {
    return new Metric({
      namespace: 'AWS/CloudFront',
      metricName,
      dimensionsMap: { DistributionId: this.distributionId, Region: 'Global' },
      statistic,
      period: PERIOD,
    });
  }

  /** A value, replaced by `otherwise` in periods with so few requests that it says nothing. */
  whenBusy(metric: Metric, { otherwise }: QuietValue): IMetric {
    return new MathExpression({
      label: metric.metricName,
      expression: `IF(requests >= ${this.config.alarms.requestsPerPeriodMin}, rate, ${otherwise})`,
      usingMetrics: { rate: metric, requests: this.metric('Requests', Stats.SUM) },
      period: PERIOD,
    });
  }

  /** Bits per second. */
  egress(): IMetric {
    return this.ofBytes('bytes * 8 / PERIOD(bytes)', 'egress');
  }

  /** Percent of the quota of one distribution. */
  bandwidthUtilization(): IMetric {
    const quota = this.config.limits.distributionBitsPerSecond;
    return this.ofBytes(
      `${PERCENT} * bytes * 8 / PERIOD(bytes) / ${quota}`,
      'percent of the quota',
    );
  }

  private ofBytes(expression: string, label: string): IMetric {
    const bytes = this.metric('BytesDownloaded', Stats.SUM);
    return new MathExpression({ label, expression, usingMetrics: { bytes }, period: PERIOD });
  }
}
