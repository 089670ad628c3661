import type { DiskState } from '#domain/disks/disk-state.ts';
import type { EpochMs } from '#domain/units.ts';
import type { OcaState } from '#protocol/oca-report.ts';

/** The state that this OCA is in, and what it may do in it. */
export interface Condition {
  readonly state: OcaState;
  /** Why it is not simply in service; empty when it is. For people. */
  readonly reasons: readonly string[];
  /** Why no new session may begin; undefined while sessions are welcome. */
  readonly shedding: 'draining' | 'overloaded' | undefined;
}

export interface ConditionFacts {
  readonly isStopping: boolean;
  /** Drained by the operator on the appliance, or by the control plane. */
  readonly isDrainedHere: boolean;
  readonly isDrainDesired: boolean;
  /** When the certificate for the control plane ran out; undefined while it is valid. */
  readonly certificateExpiredAt: EpochMs | undefined;
  /** When the certificate for clients ran out; undefined while it is valid, and where none is shown. */
  readonly serverCertificateExpiredAt?: EpochMs | undefined;
  readonly isTokenRequired: boolean;
  readonly hasTokenKeys: boolean;
  readonly hasUpstream: boolean;
  readonly disks: readonly DiskFacts[];
  /** Why it is not known what the disks say of themselves. */
  readonly diskHealthTrouble?: string | undefined;
  readonly connections: number;
  readonly connectionsMax: number;
  readonly egressBitsPerSecond: number;
  readonly egressBitsPerSecondMax: number;
}

export interface DiskFacts {
  readonly diskId: string;
  readonly state: DiskState;
  /** Of each state but `healthy`. */
  readonly reason?: string | undefined;
}

export function judgeCondition(facts: ConditionFacts): Condition {
  const broken = brokenReasons(facts);
  const draining = [
    ...(facts.isStopping ? ['the agent is stopping'] : []),
    ...(facts.isDrainedHere ? ['drained on the appliance'] : []),
    ...(facts.isDrainDesired ? ['drained by the control plane'] : []),
  ];
  const overload = overloadReasons(facts);
  const isDraining = draining.length > 0;
  return {
    state: broken.length > 0 ? 'out-of-service' : isDraining ? 'draining' : 'in-service',
    reasons: [
      ...broken,
      ...draining,
      ...overload,
      ...diskReasons(facts),
      ...identityReasons(facts),
    ],
    shedding: isDraining ? 'draining' : overload.length > 0 ? 'overloaded' : undefined,
  };
}

function brokenReasons(facts: ConditionFacts): string[] {
  const isEveryDiskFailed = facts.disks.every(({ state }) => state === 'failed');
  return [
    ...(isEveryDiskFailed ? ['every disk has failed'] : []),
    ...(facts.hasUpstream ? [] : ['not registered yet']),
    ...serverCertificateReasons(facts),
    ...(facts.isTokenRequired && !facts.hasTokenKeys ? ['no session token key yet'] : []),
  ];
}

/** Clients are served all the same, by the other disks or the next layer. */
const diskReasons = ({ disks, diskHealthTrouble }: ConditionFacts): string[] => [
  ...disks.flatMap(({ diskId, state, reason }) =>
    state === 'healthy' ? [] : [`disk ${diskId} ${state}: ${reason}`],
  ),
  ...(diskHealthTrouble === undefined ? [] : [`the disks' health: ${diskHealthTrouble}`]),
];

/** No client takes it any more. */
function serverCertificateReasons({ serverCertificateExpiredAt: endedAt }: ConditionFacts) {
  return endedAt === undefined ? [] : [`the certificate for clients ran out on ${dayOf(endedAt)}`];
}

const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);

/** Clients are served all the same: what they need is here, for as long as the plan and the keys last. */
function identityReasons({ certificateExpiredAt }: ConditionFacts): string[] {
  if (certificateExpiredAt === undefined) return [];
  return [`the certificate for the control plane ran out on ${dayOf(certificateExpiredAt)}`];
}

function overloadReasons(facts: ConditionFacts): string[] {
  const { connections, connectionsMax, egressBitsPerSecond, egressBitsPerSecondMax } = facts;
  return [
    ...(connections > connectionsMax ? [`${connections} of ${connectionsMax} connections`] : []),
    ...(egressBitsPerSecond > egressBitsPerSecondMax
      ? [`egress of ${egressBitsPerSecond} of ${egressBitsPerSecondMax} bit/s`]
      : []),
  ];
}
