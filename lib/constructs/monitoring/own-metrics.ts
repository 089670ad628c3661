import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { METRICS, type MetricDimension, type MetricName } from '#protocol/metrics-catalogue.ts';
import type { Config } from '../../config/schema.ts';

export const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);

/** A metric of our own for the whole deployment, with the statistic that the catalogue gives it. */
export const deploymentMetric = (
  { metrics, prefix }: Config,
  name: MetricName,
  period: Duration,
): Metric =>
  new Metric({
    namespace: metrics.namespace,
    metricName: name,
    dimensionsMap: { Deployment: prefix } satisfies Partial<Record<MetricDimension, string>>,
    statistic: METRICS[name].statistic,
    period,
  });

/** A graph's line for every site, or OCA, that has this metric. */
export const everyMetric = (
  { metrics }: Config,
  name: MetricName,
  dimensions: readonly MetricDimension[],
): MathExpression => {
  const schema = [metrics.namespace, ...dimensions].map((part) => `"${part}"`).join(',');
  const { statistic } = METRICS[name];
  return new MathExpression({
    expression: `SEARCH('{${schema}} MetricName="${name}"', '${statistic}', ${FIVE_MINUTES.toSeconds()})`,
    label: '',
    usingMetrics: {},
    period: FIVE_MINUTES,
  });
};
