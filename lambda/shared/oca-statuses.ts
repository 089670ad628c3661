import { judgeOca } from '#domain/health/judge-oca.ts';
import type { OcaId } from '#domain/ids.ts';
import {
  type BitsPerSecond,
  bitsPerSecond,
  type EpochMs,
  type Milliseconds,
  seconds,
} from '#domain/units.ts';
import type { OcaState } from '#protocol/oca-report.ts';
import { expiringCache } from './expiring-cache.ts';
import type { FleetStore, OcaRecord } from './stores/fleet-store.ts';
import type { HealthStore, OcaHealth } from './stores/health-store.ts';
import type { Now } from './wall-clock.ts';

/** One OCA as steering sees it now. */
export interface OcaStatus {
  readonly ocaId: OcaId;
  readonly state: OcaState;
  readonly reasons: readonly string[];
  /** Absent until it has registered. */
  readonly deliveryUrl?: string;
  readonly desiredState: OcaRecord['desiredState'];
  readonly reportedAt?: EpochMs;
  readonly egress: BitsPerSecond;
}

/** A status for every id asked for, judged anew each time; what it is judged by is at most `lifetime` old. */
export type OcaStatusReader = (ocaIds: readonly OcaId[]) => Promise<Map<OcaId, OcaStatus>>;

/** Bounds how long a drain or a death goes unseen by one instance. Source: design.md §5, 10 s in all. */
const STATUS_LIFETIME = seconds(1);
const ENTRIES_MAX = 20_000;

export function ocaStatuses(options: {
  readonly fleet: FleetStore;
  readonly health: HealthStore;
  readonly lease: Milliseconds;
  readonly clock: Now;
  readonly lifetime?: Milliseconds;
}): OcaStatusReader {
  const { fleet, health, lease, clock, lifetime = STATUS_LIFETIME } = options;
  const limits = { lifetime, entriesMax: ENTRIES_MAX, clock };
  const records = expiringCache<OcaId, OcaRecord>({ load: (ids) => fleet.ocas(ids), ...limits });
  const reports = expiringCache<OcaId, OcaHealth>({ load: (ids) => health.health(ids), ...limits });
  return async (ocaIds) => {
    const [recordById, healthById] = await Promise.all([records.get(ocaIds), reports.get(ocaIds)]);
    const now = clock.now();
    return new Map(
      ocaIds.map((ocaId) => {
        const evidence = { record: recordById.get(ocaId), report: healthById.get(ocaId) };
        return [ocaId, statusOf(ocaId, evidence, { now, lease })];
      }),
    );
  };
}

function statusOf(
  ocaId: OcaId,
  { record, report }: { record: OcaRecord | undefined; report: OcaHealth | undefined },
  { now, lease }: { now: EpochMs; lease: Milliseconds },
): OcaStatus {
  const desiredState = record?.desiredState ?? 'in-service';
  const judgement = judgeOca({ now, desiredState, lease, ...(report && { report }) });
  return {
    ocaId,
    ...judgement,
    desiredState,
    egress: report?.egress ?? bitsPerSecond(0),
    ...(record?.registration && { deliveryUrl: record.registration.deliveryUrl }),
    ...(report && { reportedAt: report.receivedAt }),
  };
}
