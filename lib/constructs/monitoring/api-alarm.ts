import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Alarms } from './alarms.ts';

const PERIOD = Duration.minutes(5);
/** Fewer requests in five minutes say nothing; one OCA alone reports 150 times. Assumption. */
const REQUESTS_MIN = 100;
const FAILED_PERCENT_MAX = 1;

/**
 * Adds the alarm that an API answers with 5xx. Handlers answer for what goes wrong in them, so that Lambda counts no
 * error; the gateway sees these answers and its own.
 */
export function addApiAlarm(
  alarms: Alarms,
  {
    apiId,
    ...props
  }: {
    readonly name: string;
    readonly apiId: string;
    readonly description: string;
    readonly isMember?: boolean;
  },
): void {
  const metric = (metricName: string) =>
    new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiId: apiId },
      statistic: Stats.SUM,
      period: PERIOD,
    });
  alarms.add({
    ...props,
    severity: 'critical',
    metric: new MathExpression({
      label: '5xx, percent of requests',
      expression: `IF(requests >= ${REQUESTS_MIN}, 100 * errors / requests, 0)`,
      usingMetrics: { errors: metric('5xx'), requests: metric('Count') },
      period: PERIOD,
    }),
    isFaulty: { above: FAILED_PERCENT_MAX },
  });
}
