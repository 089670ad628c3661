import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { compileMath, type Datapoint, numbersIn } from './metric-math.ts';

export type AlarmState = 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';

/** What is read of an alarm's properties in a template, with physical ids in place of references. */
export interface AlarmProperties {
  readonly AlarmName: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
  readonly Metrics?: readonly MetricDataQuery[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
}

/** Values of an alarm's metrics in one period, by their ids. */
export type Sample = ReadonlyMap<string, Datapoint>;

const SINGLE = 'single';
const SAMPLES_MAX = 20_000;

/** An alarm that a test can drive: it knows its metrics, and judges what CloudWatch has of them as CloudWatch would. */
export class DrivenAlarm {
  readonly name: string;
  readonly region: string;
  readonly properties: AlarmProperties;
  readonly queries: readonly MetricDataQuery[];
  readonly periodSeconds: number;

  constructor(region: string, properties: AlarmProperties) {
    this.name = properties.AlarmName;
    this.region = region;
    this.properties = properties;
    this.queries = properties.Metrics ?? [singleQuery(properties)];
    this.periodSeconds = Math.max(...this.queries.map(periodOf));
  }

  /** Whether the emulator evaluates it: it knows one metric an alarm and no mathematics. */
  get isMath(): boolean {
    return this.properties.Metrics !== undefined;
  }

  /** How far back it looks. */
  get windowSeconds(): number {
    return this.periodSeconds * this.properties.EvaluationPeriods;
  }

  /**
   * Values that put one period over, or back within, the threshold; found by trying values around every number that the
   * alarm names.
   * @throws Error when no values do: such an alarm could never fire, or never clear
   */
  sampleThat(kind: 'breaches' | 'is fine'): Sample {
    const ids = this.metricIds();
    const candidates = this.candidates();
    const random = sequence(ids.length + candidates.length);
    for (let attempt = 0; attempt < SAMPLES_MAX; attempt += 1) {
      // First the same value for all: the sum of many metrics is hardly ever small by chance.
      const same = candidates[attempt];
      const sample = new Map(
        ids.map((id) => [id, same ?? candidates[random() % candidates.length]] as const),
      );
      const value = this.value(sample);
      if (value !== undefined && this.isBreaching(value) === (kind === 'breaches')) return sample;
    }
    throw new Error(`${this.name}: no value of its metrics ${kind}`);
  }

  /** Puts a sample into CloudWatch, at `at`, under exactly the names that the alarm reads. */
  async put(client: CloudWatchClient, sample: Sample, at: Date): Promise<void> {
    for (const { Id = '', MetricStat } of this.queries) {
      const value = sample.get(Id);
      if (!MetricStat || value === undefined) continue;
      const { Namespace, MetricName, Dimensions = [] } = MetricStat.Metric ?? {};
      const counted =
        MetricStat.Stat === 'SampleCount' ? { Values: [0], Counts: [value] } : { Value: value };
      await client.send(
        new PutMetricDataCommand({
          Namespace,
          MetricData: [{ MetricName, Dimensions, Timestamp: at, ...counted }],
        }),
      );
    }
  }

  /**
   * The state that CloudWatch would find at `at`, a multiple of the period, from what it has of the metrics.
   * Source: Amazon CloudWatch User Guide, "Alarm evaluation" and "Configuring how alarms treat missing data".
   */
  async stateAt(client: CloudWatchClient, at: Date): Promise<AlarmState> {
    const { EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods } = this.properties;
    const { TreatMissingData = 'missing' } = this.properties;
    const samples = await this.samplesBefore(client, at, EvaluationPeriods);
    const values = samples.map((sample) => this.value(sample));
    const isMissing = values.every((value) => value === undefined);
    if (isMissing && TreatMissingData === 'missing') return 'INSUFFICIENT_DATA';
    const breaching = values.filter((value) =>
      value === undefined ? TreatMissingData === 'breaching' : this.isBreaching(value),
    );
    return breaching.length >= DatapointsToAlarm ? 'ALARM' : 'OK';
  }

  private async samplesBefore(
    client: CloudWatchClient,
    at: Date,
    count: number,
  ): Promise<Map<string, Datapoint>[]> {
    const periodMs = this.periodSeconds * 1000;
    const startMs = at.getTime() - count * periodMs;
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries: this.queries
          .filter(({ MetricStat }) => MetricStat)
          .map(({ Id, MetricStat }) => ({ Id, MetricStat, ReturnData: true })),
        StartTime: new Date(startMs),
        EndTime: at,
      }),
    );
    return Array.from({ length: count }, (_, index) => {
      const from = startMs + index * periodMs;
      return new Map(
        MetricDataResults.map(({ Id = '', Timestamps = [], Values = [] }) => {
          const place = Timestamps.findIndex((timestamp) => timestamp.getTime() === from);
          return [Id, place < 0 ? undefined : Values[place]];
        }),
      );
    });
  }

  /** The one value that is compared with the threshold. */
  private value(sample: Sample): Datapoint {
    const values = new Map(sample);
    const { periodSeconds } = this;
    const expressions = this.queries.filter(({ Expression }) => Expression !== undefined);
    // An expression may name others, whatever their order.
    for (let round = 0; round < expressions.length; round += 1) {
      for (const { Id = '', Expression = '' } of expressions) {
        const others = new Map([
          ...expressions.map((query) => [query.Id ?? '', undefined] as const),
          ...values,
        ]);
        values.set(Id, compileMath(Expression)({ values: others, periodSeconds }));
      }
    }
    const returned = this.queries.find(({ ReturnData }) => ReturnData !== false);
    return values.get(returned?.Id ?? '');
  }

  private isBreaching(value: number): boolean {
    const { ComparisonOperator, Threshold } = this.properties;
    switch (ComparisonOperator) {
      case 'GreaterThanThreshold':
        return value > Threshold;
      case 'GreaterThanOrEqualToThreshold':
        return value >= Threshold;
      case 'LessThanThreshold':
        return value < Threshold;
      case 'LessThanOrEqualToThreshold':
        return value <= Threshold;
      default:
        throw new Error(`${this.name}: a comparison that is not understood: ${ComparisonOperator}`);
    }
  }

  private metricIds(): string[] {
    return this.queries.flatMap(({ Id, MetricStat }) => (Id && MetricStat ? [Id] : []));
  }

  private candidates(): number[] {
    const expressions = this.queries.flatMap(({ Expression }) => Expression ?? []);
    const named = [this.properties.Threshold, ...expressions.flatMap(numbersIn)];
    const around = named.flatMap((value) => [value / 2, value, value * 2, value * 1000]);
    const bandwidths = named.map((value) => value * this.periodSeconds);
    return [...new Set([0, 1, 50, 1e3, 1e6, 1e15, ...around, ...bandwidths])];
  }
}

/**
 * Gives every alarm a stretch of its region's past for itself: alarms share metrics, and the emulator evaluates the
 * present. It forgets what is older than two weeks.
 */
export class SlotsOfTime {
  private readonly endSecondsByRegion = new Map<string, number>();
  private readonly firstEndSeconds: number;

  constructor(alarms: readonly DrivenAlarm[]) {
    const longest = Math.max(...alarms.map(({ windowSeconds }) => windowSeconds));
    this.firstEndSeconds = Math.floor(Date.now() / 1000) - longest;
  }

  /** Puts as many breaching periods as the alarm looks at, then as many that are fine. Returns the end of each. */
  async play(
    client: CloudWatchClient,
    alarm: DrivenAlarm,
  ): Promise<{ firedAt: Date; clearedAt: Date }> {
    const { periodSeconds, windowSeconds, region } = alarm;
    const endSeconds = this.endSecondsByRegion.get(region) ?? this.firstEndSeconds;
    const clearedAt = Math.floor(endSeconds / periodSeconds) * periodSeconds;
    const firedAt = clearedAt - windowSeconds;
    this.endSecondsByRegion.set(region, firedAt - windowSeconds);
    for (const [kind, until] of [
      ['breaches', firedAt],
      ['is fine', clearedAt],
    ] as const) {
      const sample = alarm.sampleThat(kind);
      for (let at = until - windowSeconds; at < until; at += periodSeconds) {
        await alarm.put(client, sample, new Date((at + 1) * 1000));
      }
    }
    return { firedAt: new Date(firedAt * 1000), clearedAt: new Date(clearedAt * 1000) };
  }
}

const periodOf = ({ MetricStat, Period }: MetricDataQuery): number =>
  MetricStat?.Period ?? Period ?? 60;

const singleQuery = (properties: AlarmProperties): MetricDataQuery => ({
  Id: SINGLE,
  MetricStat: {
    Metric: {
      Namespace: properties.Namespace,
      MetricName: properties.MetricName,
      Dimensions: [...(properties.Dimensions ?? [])],
    },
    Period: properties.Period,
    Stat: properties.Statistic ?? properties.ExtendedStatistic,
  },
});

/** Numbers without rhyme, the same in each run. Source: Numerical Recipes, section 7.1, "quick and dirty" generator. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
