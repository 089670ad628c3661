import type { EpochMs } from '#domain/units.ts';
import { METRICS, type MetricDimension, type MetricName } from '#protocol/metrics-catalogue.ts';

/** Values of one instant, and what they are values of. */
export interface Measurement {
  readonly at: EpochMs;
  readonly dimensions: Readonly<Partial<Record<MetricDimension, string>>>;
  /** Several values of one metric count one by one, so that percentiles are right; at most {@link VALUES_MAX}. */
  readonly values: Readonly<Partial<Record<MetricName, number | readonly number[]>>>;
  /** Searchable in the log, and no dimension. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export type Metrics = (measurement: Measurement) => void;

/** Source: CloudWatch User Guide, "Specification: Embedded metric format", read 2026-11. */
export const VALUES_MAX = 100;

/**
 * Writes metrics as log lines that CloudWatch Logs reads (embedded metric format). Straight to standard output: with the
 * log format JSON, Lambda's `console` would wrap the line into a message of its own, and CloudWatch looks for `_aws` at
 * the root only. Sources: that specification; aws-powertools/powertools-lambda-typescript#1786.
 */
export const stdoutMetrics =
  (namespace: string): Metrics =>
  (measurement) => {
    process.stdout.write(`${JSON.stringify(embeddedMetrics(namespace, measurement))}\n`);
  };

/** A line of the format. Each metric stands under those of its sets of dimensions that the measurement has values for. */
export function embeddedMetrics(namespace: string, measurement: Measurement) {
  const { at, dimensions, values, facts } = measurement;
  const names = (Object.keys(values) as MetricName[]).filter((name) => isPresent(values[name]));
  const namesBySets = Map.groupBy(names, (name) => JSON.stringify(setsOf(name, dimensions)));
  const directives = [...namesBySets].map(([sets, members]) => ({
    Namespace: namespace,
    Dimensions: JSON.parse(sets) as MetricDimension[][],
    Metrics: members.map((Name) => ({ Name, Unit: METRICS[Name].unit })),
  }));
  return {
    _aws: { Timestamp: at, CloudWatchMetrics: directives },
    ...facts,
    ...dimensions,
    ...Object.fromEntries(names.map((name) => [name, values[name]])),
  };
}

const isPresent = (value: number | readonly number[] | undefined): boolean =>
  typeof value === 'number' || (value !== undefined && value.length > 0);

const setsOf = (name: MetricName, dimensions: Measurement['dimensions']) =>
  METRICS[name].dimensionSets.filter((set: readonly MetricDimension[]) =>
    set.every((dimension) => dimensions[dimension] !== undefined),
  );
