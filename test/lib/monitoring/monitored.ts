import { METRICS } from '#protocol/metrics-catalogue.ts';
import type { Properties, Synthesized } from '../synthesized.ts';

/** A metric as an alarm or a graph asks for it. */
export interface AskedMetric {
  readonly by: string;
  readonly stack: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
  readonly region?: string;
}

export const ALARM = 'AWS::CloudWatch::Alarm';
export const COMPOSITE = 'AWS::CloudWatch::CompositeAlarm';

/** Every metric that an alarm looks at. */
export const alarmedMetrics = (synthesized: Synthesized): AskedMetric[] =>
  synthesized.stacks.flatMap((stack) =>
    synthesized.properties(ALARM, stack).flatMap((alarm) => {
      const stats = (alarm.Metrics ?? []).flatMap((m: Properties) => m.MetricStat?.Metric ?? []);
      return [...(alarm.MetricName ? [alarm] : []), ...stats].map((metric: Properties) => ({
        by: alarm.AlarmName,
        stack,
        namespace: metric.Namespace,
        name: metric.MetricName,
        dimensions: Object.fromEntries(
          (metric.Dimensions ?? []).map(({ Name, Value }: Properties) => [Name, Value]),
        ),
      }));
    }),
  );

/** The widgets of a dashboard, tokens replaced by what they refer to. */
export const widgetsOf = (dashboard: Properties): Properties[] =>
  JSON.parse(resolved(dashboard.DashboardBody)).widgets;

/** Every metric that a graph shows, one for each that a search finds by. */
export const graphedMetrics = (synthesized: Synthesized): AskedMetric[] =>
  synthesized.stacks.flatMap((stack) =>
    synthesized.properties('AWS::CloudWatch::Dashboard', stack).flatMap((dashboard) =>
      widgetsOf(dashboard)
        .flatMap(({ properties }) => properties.metrics ?? [])
        .flatMap((row: Properties[]) => metricOfRow(row))
        .map((metric: object) => ({ by: dashboard.DashboardName, stack, ...metric })),
    ),
  ) as AskedMetric[];

/** A row of a widget: namespace, name, then dimensions in pairs, then options; or an expression alone. */
function metricOfRow(row: Properties[]): object[] {
  const options = typeof row.at(-1) === 'object' ? row.at(-1) : {};
  if (options.expression) return searchOf(options);
  const [namespace, name, ...pairs] = row.filter((cell) => typeof cell === 'string');
  const dimensions = Object.fromEntries(
    pairs.flatMap((cell, index) => (index % 2 === 0 ? [[cell, pairs[index + 1]]] : [])),
  );
  return [{ namespace, name, dimensions, ...(options.region ? { region: options.region } : {}) }];
}

function searchOf({ expression, region }: Properties): object[] {
  return [...expression.matchAll(/SEARCH\('\{([^}]+)\} MetricName="(\w+)"([^']*)'/g)].map(
    ([, schema = '', name, filter = '']) => {
      const [namespace, ...names] = schema
        .split(',')
        .map((part: string) => part.replaceAll('"', ''));
      const fixed = Object.fromEntries(
        [...filter.matchAll(/(\w+)="([^"]+)"/g)].map(([, key, value]) => [key, value]),
      );
      const dimensions = Object.fromEntries(
        names.map((each: string) => [each, fixed[each] ?? '*']),
      );
      return { namespace, name, dimensions, ...(region ? { region } : {}) };
    },
  );
}

/** Text with references replaced by the logical id that they mean. */
export function resolved(value: Properties): string {
  if (typeof value === 'string') return value;
  if (value['Fn::Join']) return value['Fn::Join'][1].map(resolved).join('');
  if (value['Fn::GetAtt']) return value['Fn::GetAtt'][0];
  return value.Ref;
}

/** Whether the catalogue has a metric under exactly these dimensions. */
export function isInCatalogue({ name, dimensions }: AskedMetric): boolean {
  const definition = Object.entries(METRICS).find(([known]) => known === name)?.[1];
  const asked = Object.keys(dimensions).toSorted().join();
  const sets: readonly (readonly string[])[] = definition?.dimensionSets ?? [];
  return sets.some((set) => set.toSorted().join() === asked);
}
