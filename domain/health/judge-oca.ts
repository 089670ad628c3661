import { type EpochMs, elapsed, type Milliseconds } from '../units.ts';

/** The state that steering acts on. */
export type JudgedState = 'in-service' | 'draining' | 'out-of-service';

/** What the control plane knows of one OCA at one instant. */
export interface OcaEvidence {
  readonly now: EpochMs;
  /** What the operator wants of it. */
  readonly desiredState: 'in-service' | 'draining';
  /** How long a report counts. An OCA that cannot reach the control plane stops being steered to. */
  readonly lease: Milliseconds;
  /** Its newest report; `receivedAt` is our clock's, so an OCA's wrong clock cannot keep it alive. */
  readonly report?: {
    readonly receivedAt: EpochMs;
    readonly state: JudgedState;
    readonly reasons: readonly string[];
  };
}

export interface OcaJudgement {
  readonly state: JudgedState;
  /** For people; empty when there is nothing to say. */
  readonly reasons: readonly string[];
}

/**
 * An OCA is as well as its worst evidence says: silence beats draining, draining beats in service. Reasons of the
 * report are kept even when it is in service (a failed disk leaves it serving from the others).
 */
export function judgeOca(evidence: OcaEvidence): OcaJudgement {
  const { report, now, lease } = evidence;
  if (!report) return { state: 'out-of-service', reasons: ['it has not reported yet'] };
  const age = elapsed(report.receivedAt, now);
  if (age > lease) return { state: 'out-of-service', reasons: [silence(age, lease)] };
  const isDrainWanted = evidence.desiredState === 'draining';
  const reasons = [...(isDrainWanted ? ['the operator drains it'] : []), ...report.reasons];
  const state = report.state === 'in-service' && isDrainWanted ? 'draining' : report.state;
  return { state, reasons };
}

const silence = (age: Milliseconds, lease: Milliseconds) =>
  `its last report is ${(age / 1000).toFixed(1)} s old, more than its lease of ${lease / 1000} s`;
