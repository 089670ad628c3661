import { epochMs } from '#domain/units.ts';
import type { AgentStatus } from './agent-status.ts';
import { counter, type Family, formatFamily, gauge } from './metric-family.ts';
import { storeFamilies } from './store-metrics.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The status in the text format of Prometheus. */
export const formatMetrics = (status: AgentStatus): string =>
  [...deliveryFamilies(status), ...storeFamilies(status), ...fillFamilies(status)]
    .map(formatFamily)
    .join('');

function deliveryFamilies({
  delivery,
  load,
  state,
  startedAt,
  isRegistered,
  certificateExpiresAt = epochMs(0),
  serverCertificateExpiresAt,
  deliveryLog,
}: AgentStatus): Family[] {
  const states = ['in-service', 'draining', 'out-of-service'] as const;
  return [
    counter('oca_requests_total', 'Requests for content and artwork.', delivery.requests),
    counter('oca_hits_total', 'Requests served from a disk.', delivery.hits),
    counter('oca_misses_total', 'Requests for what was not held.', delivery.misses),
    counter('oca_refusals_total', 'Requests refused with a 4xx status.', delivery.refusals),
    counter('oca_failures_total', 'Requests failed with a 5xx status.', delivery.failures),
    {
      name: 'oca_sent_bytes_total',
      kind: 'counter',
      help: 'Bytes of bodies sent.',
      samples: [
        [{ outcome: 'hit' }, delivery.hitBytes],
        [{ outcome: 'miss' }, delivery.missBytes],
      ],
    },
    counter(
      'oca_delivery_log_dropped_lines_total',
      'Requests that the delivery log does not tell of.',
      deliveryLog.droppedLines,
    ),
    gauge('oca_egress_bits_per_second', 'Mean of the last seconds.', load.egressBitsPerSecond),
    gauge('oca_connections', 'Open connections of clients.', load.connections),
    {
      name: 'oca_state',
      kind: 'gauge',
      help: '1 for the state that the OCA is in.',
      samples: states.map((name) => [{ state: name }, name === state ? 1 : 0]),
    },
    gauge('oca_registered', '1 while the control plane knows this OCA.', isRegistered ? 1 : 0),
    gauge(
      'oca_certificate_expiry_time_seconds',
      'End of the certificate for the control plane, Unix time.',
      certificateExpiresAt / 1000,
    ),
    ...(serverCertificateExpiresAt === undefined
      ? []
      : [
          gauge(
            'oca_server_certificate_expiry_time_seconds',
            'End of the certificate that clients are shown, Unix time.',
            serverCertificateExpiresAt / 1000,
          ),
        ]),
    gauge('oca_start_time_seconds', 'Start of the agent, Unix time.', startedAt / 1000),
  ];
}

function fillFamilies({ fill }: AgentStatus): Family[] {
  return [
    gauge('oca_fill_plan_version', 'Version of the plan in force.', fill.planVersion ?? 0),
    gauge('oca_fill_assets_planned', 'Assets that the plan names.', fill.assetsTotal),
    gauge('oca_fill_assets_held', 'Planned assets that are held.', fill.assetsDone),
    gauge('oca_fill_planned_bytes', 'Bytes that the plan names.', fill.bytesTotal),
    gauge('oca_fill_held_bytes', 'Planned bytes that are held.', fill.bytesDone),
    {
      name: 'oca_fill_fetched_bytes',
      kind: 'gauge',
      help: 'Bytes fetched under the plan in force.',
      samples: fill.fetched.map(({ sourceId, fetchedBytes }) => [
        { source: sourceId },
        fetchedBytes,
      ]),
    },
  ];
}
