import {
  phaseOf,
  type TrafficInterval,
  type TrafficReading,
  tellTraffic,
} from '#domain/health/traffic-ledger.ts';
import { seedFrom } from '#domain/random.ts';
import { bytes, rateOf, share } from '#domain/units.ts';
import type { OcaReport } from '#protocol/oca-report.ts';
import type { Site } from '#protocol/site.ts';
import { faultOf } from '../shared/log.ts';
import type { Measurement } from '../shared/metrics.ts';
import type { ReportBefore } from '../shared/stores/health-store.ts';
import type { ControlContext } from './context.ts';

/** A report that has been kept, and what stood there before. */
interface KeptReport {
  readonly report: OcaReport;
  readonly before: ReportBefore;
  readonly site: Site;
}

/**
 * Tells an OCA's traffic as metrics, once a minute: what its counters gained since they were told last. Returns whether
 * they were told with this report. Never rejects: a metric that is lost is no reason to refuse a heartbeat.
 */
export async function tellReport(context: ControlContext, kept: KeptReport): Promise<boolean> {
  const { report, before } = kept;
  const { ocaId } = report;
  const now = context.clock.now();
  const step = tellTraffic({
    ledger: before.traffic?.ledger,
    previous: before.report && readingOf(before.report),
    reading: readingOf(report),
    now,
    phase: phaseOf(seedFrom(ocaId)),
  });
  if (!step) return false;
  try {
    const isNoted = await context.health.noteTraffic(ocaId, step.ledger, before.traffic);
    if (!isNoted || !step.told) return false;
    context.metrics(measurementOf(context, kept, step.told));
    return true;
  } catch (failure) {
    context.log('error', 'traffic.untold', { ocaId, ...faultOf(failure) });
    return false;
  }
}

function measurementOf(
  { settings }: ControlContext,
  { report, site }: KeptReport,
  told: TrafficInterval,
): Measurement {
  const { ocaId, load, originFirstByteMs = [] } = report;
  const { hits, misses, requests, clientErrors, serverErrors, sentBytes } = told.counters;
  const capacity = load.egressCapacityBitsPerSecond;
  const egress = rateOf(bytes(sentBytes), told.duration);
  return {
    at: told.endedAt,
    dimensions: {
      Deployment: settings.deployment,
      Site: site.siteId,
      ...(settings.isTrafficToldPerOca ? { Oca: ocaId } : {}),
    },
    values: {
      BytesDownloaded: sentBytes,
      Requests: requests,
      CacheHits: hits,
      CacheMisses: misses,
      ...(hits + misses > 0 ? { CacheHitRate: 100 * share(hits, hits + misses) } : {}),
      OriginLatency: originFirstByteMs,
      ClientErrors: clientErrors,
      ServerErrors: serverErrors,
      ...(capacity ? { EgressUtilization: (100 * egress) / capacity } : {}),
      Heartbeats: 1,
    },
    facts: { event: 'traffic.told', ocaId, intervalMs: told.duration },
  };
}

/** Agents that do not tell their errors by status count them among refusals and failures. */
function readingOf({ bootId, sequence, delivery }: OcaReport): TrafficReading {
  const { requests, hits, misses, refusals, failures, hitBytes, missBytes } = delivery;
  const { clientErrors = refusals, serverErrors = failures } = delivery;
  const sentBytes = hitBytes + missBytes;
  const counters = { requests, hits, misses, clientErrors, serverErrors, sentBytes };
  return { bootId, sequence, counters };
}
