import { compileMath, type Datapoint } from '../../deploy/metric-math.ts';
import type { Properties } from '../synthesized.ts';

/** Values of an alarm's metrics in one period, by metric name; one that is absent is missing. */
export type Period = Readonly<Record<string, number>>;
export type State = 'OK' | 'ALARM';

/**
 * The state of an alarm as the template has it, after each period of its life; it begins in OK.
 * Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how alarms treat missing data", read 2026-11.
 */
export function alarmStates(alarm: Properties, periods: readonly Period[]): State[] {
  const values = periods.map((period) => datapointOf(alarm, period));
  const states: State[] = [];
  for (let end = 1; end <= values.length; end += 1) {
    const looked = values.slice(Math.max(0, end - alarm.EvaluationPeriods), end);
    states.push(stateOf(alarm, looked, states.at(-1) ?? 'OK'));
  }
  return states;
}

function stateOf(alarm: Properties, values: readonly Datapoint[], before: State): State {
  const { DatapointsToAlarm, TreatMissingData } = alarm;
  if (TreatMissingData === 'ignore' && values.includes(undefined)) return before;
  const breaching = values.filter((value) =>
    value === undefined ? TreatMissingData === 'breaching' : isBreaching(alarm, value),
  );
  return breaching.length >= DatapointsToAlarm ? 'ALARM' : 'OK';
}

function isBreaching({ ComparisonOperator, Threshold }: Properties, value: number): boolean {
  if (ComparisonOperator === 'GreaterThanThreshold') return value > Threshold;
  if (ComparisonOperator === 'LessThanThreshold') return value < Threshold;
  throw new Error(`no such comparison here: ${ComparisonOperator}`);
}

function datapointOf(alarm: Properties, period: Period): Datapoint {
  if (!alarm.Metrics) return period[alarm.MetricName];
  const [expression] = alarm.Metrics.filter(({ Expression }: Properties) => Expression);
  const metrics = alarm.Metrics.filter(({ MetricStat }: Properties) => MetricStat);
  const values = new Map<string, Datapoint>(
    metrics.map(({ Id, MetricStat }: Properties) => [Id, period[MetricStat.Metric.MetricName]]),
  );
  const periodSeconds = Math.max(...metrics.map(({ MetricStat }: Properties) => MetricStat.Period));
  return compileMath(expression.Expression)({ values, periodSeconds });
}

/** Whether a composite alarm rings while exactly these alarms do, named without the prefix. */
export function compositeRings(rule: string, ringing: readonly string[]): boolean {
  const expression = rule.replaceAll(/ALARM\("(?:arn:[^"]*:alarm:)?([^"]+)"\)/g, (_, name) =>
    ringing.includes(name) ? '1' : '0',
  );
  return compileMath(expression)({ values: new Map(), periodSeconds: 60 }) === 1;
}
