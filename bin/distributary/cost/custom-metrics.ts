import { METRICS, type MetricDimension } from '#protocol/metrics-catalogue.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { ocaCount } from './oca-count.ts';

/** Metrics of our own that CloudWatch bills: one for each metric and each value of its dimensions, if all have data. */
export function customMetricCount({ sites, metrics }: Pick<Config, 'sites' | 'metrics'>): number {
  const ocas = sites.reduce((total, site) => total + ocaCount(site), 0);
  const seriesOf = (dimensions: readonly MetricDimension[]): number => {
    if (dimensions.includes('Oca')) return metrics.perOca ? ocas : 0;
    return dimensions.includes('Site') ? sites.length : 1;
  };
  return Object.values(METRICS)
    .flatMap(({ dimensionSets }): readonly (readonly MetricDimension[])[] => dimensionSets)
    .reduce((total, dimensions) => total + seriesOf(dimensions), 0);
}
