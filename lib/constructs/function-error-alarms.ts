import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Config } from '../config/schema.ts';
import { type FunctionName, functionName } from '../names.ts';
import type { Alarms } from './alarms.ts';

const PERIOD = Duration.minutes(5);

/** Adds one critical alarm a function of this region: it failed in three periods in a row. */
export function addFunctionErrorAlarms(
  alarms: Alarms,
  config: Config,
  /** What each function's failure means to an operator. */
  meanings: Readonly<Partial<Record<FunctionName, string>>>,
): void {
  for (const [name, meaning] of Object.entries(meanings)) {
    alarms.add({
      name: `${name}-errors`,
      severity: 'critical',
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensionsMap: { FunctionName: functionName(config, name as FunctionName) },
        statistic: Stats.SUM,
        period: PERIOD,
      }),
      isFaulty: { above: 0 },
      description: meaning,
    });
  }
}
