import type { FleetView, OcaView } from '#protocol/fleet-view.ts';
import type { LocalOca } from '../api/local-ocas.ts';

export type OcaVerb = 'stop' | 'start' | 'drain' | 'undrain';

/**
 * One thing that the operator asked for. The request's success is only the first half: an action is done when the
 * system is seen to have done it.
 *
 *     sending ──► awaiting ──► done
 *        └───────────┴──► failed
 */
export interface FleetAction {
  readonly verb: OcaVerb | 'fill';
  /** The OCA; undefined for what concerns all. */
  readonly ocaId: string | undefined;
  readonly phase: 'sending' | 'awaiting' | 'done' | 'failed';
  readonly startedAt: number;
  /** The highest plan version in force when a fill was asked for. */
  readonly planVersionBefore: number;
  readonly failure?: string;
}

/** How long to wait for the effect. Source: assumption; three report leases of 6 s. */
export const EFFECT_TIMEOUT_MS = 18_000;

/** `action` after a look at the system. */
export function settle(
  action: FleetAction,
  seen: { fleet: FleetView; localOcas: readonly LocalOca[]; now: number },
): FleetAction {
  if (action.phase !== 'awaiting') return action;
  if (hasTakenEffect(action, seen)) return { ...action, phase: 'done' };
  if (seen.now - action.startedAt < EFFECT_TIMEOUT_MS) return action;
  return { ...action, phase: 'failed', failure: 'accepted, but no effect was seen yet' };
}

function hasTakenEffect(
  { verb, ocaId, planVersionBefore }: FleetAction,
  { fleet, localOcas }: { fleet: FleetView; localOcas: readonly LocalOca[] },
): boolean {
  const oca = fleet.ocas.find((view) => view.ocaId === ocaId);
  const isRunning = localOcas.find((local) => local.ocaId === ocaId)?.isRunning;
  switch (verb) {
    case 'stop':
      return isRunning === false;
    case 'start':
      return isRunning === true && oca?.state !== 'out-of-service';
    case 'drain':
      return oca?.state === 'draining' || (oca?.desiredState === 'draining' && !isServing(oca));
    case 'undrain':
      return oca?.desiredState === 'in-service' && oca.state !== 'draining';
    case 'fill':
      return planVersionMax(fleet) > planVersionBefore;
  }
}

const isServing = (oca: OcaView): boolean => oca.state === 'in-service';

export const planVersionMax = (fleet: FleetView | undefined): number =>
  Math.max(0, ...(fleet?.ocas ?? []).map((oca) => oca.report?.fill.planVersion ?? 0));

const VERBS = {
  stop: ['Stopping', 'stopped'],
  start: ['Starting', 'started'],
  drain: ['Draining', 'draining'],
  undrain: ['Undraining', 'back in service'],
  fill: ['Requesting a fill', 'A new fill plan is in force'],
} as const;

/** What happened, for the event log and for screen readers. */
export function describeAction({ verb, ocaId, phase, failure }: FleetAction): string {
  const [doing, done] = VERBS[verb];
  const of = ocaId === undefined ? '' : ` ${ocaId}`;
  if (phase === 'failed') return `${doing}${of} failed: ${failure ?? 'no reason given'}`;
  if (phase !== 'done') return `${doing}${of}…`;
  return ocaId === undefined ? done : `${ocaId} ${done}`;
}
