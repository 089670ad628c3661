import { type Alarm, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { AwsRegion } from '../../config/regions.ts';
import type { Config } from '../../config/schema.ts';
import { type FunctionName, functionName, type Severity } from '../../names.ts';
import type { Alarms } from './alarms.ts';

const PERIOD = Duration.minutes(5);

export interface FunctionErrorAlarmProps {
  readonly config: Config;
  readonly name: FunctionName;
  readonly severity: Severity;
  /** What its failure means to an operator. */
  readonly meaning: string;
  readonly isMember?: boolean;
}

/** Adds the alarm that a function of this region failed in three periods in a row. */
export const addFunctionErrorAlarm = (
  alarms: Alarms,
  { config, name, meaning, ...props }: FunctionErrorAlarmProps,
): Alarm =>
  alarms.add({
    ...props,
    name: `${name}-errors`,
    metric: functionMetric(config, { name, metricName: 'Errors' }),
    isFaulty: { above: 0 },
    description: meaning,
  });

/**
 * Adds the alarm that Lambda refused to run functions of this region. Of all functions in it: they share the account's
 * concurrency, so that whoever is refused, ours are next. `part` sets two alarms of one region apart.
 */
export const addThrottleAlarm = (alarms: Alarms, part: 'control' | 'playback'): Alarm =>
  alarms.add({
    name: `${part}-functions-throttled`,
    heading: 'functions-throttled',
    severity: 'warning',
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Throttles',
      statistic: Stats.SUM,
      period: PERIOD,
    }),
    isFaulty: { above: 0 },
    description: 'The account runs as many functions in this region as it may.',
  });

export const functionMetric = (
  config: Config,
  {
    name,
    metricName,
    region,
  }: { readonly name: FunctionName; readonly metricName: string; readonly region?: AwsRegion },
): Metric =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName: functionName(config, name) },
    statistic: Stats.SUM,
    period: PERIOD,
    ...(region ? { region } : {}),
  });
