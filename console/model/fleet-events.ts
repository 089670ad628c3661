import type { FleetView, OcaView } from '#protocol/fleet-view.ts';
import type { PathwaySwitch } from '../../player-sdk/index.ts';
import { formatBytes } from './format.ts';
import type { Tone } from './oca-card.ts';

export interface FleetEvent {
  readonly tone: Tone;
  readonly text: string;
}

export interface LoggedEvent extends FleetEvent {
  readonly number: number;
  readonly at: number;
}

const LOG_LENGTH_MAX = 40;

/** The log with `events` put on top of it, newest first. */
export function logEvents(
  log: readonly LoggedEvent[],
  events: readonly FleetEvent[],
  at: number,
): readonly LoggedEvent[] {
  const first = (log[0]?.number ?? 0) + 1;
  const added = events.map((event, index) => ({ ...event, number: first + index, at }));
  return [...added.reverse(), ...log].slice(0, LOG_LENGTH_MAX);
}

/** What changed in the fleet between two looks at it. */
export function fleetEvents(before: FleetView | undefined, now: FleetView): FleetEvent[] {
  if (!before) return [];
  const earlier = new Map(before.ocas.map((oca) => [oca.ocaId, oca]));
  return now.ocas.flatMap((oca) => {
    const old = earlier.get(oca.ocaId);
    return old ? [...stateEvents(old, oca), ...fillEvents(old, oca)] : [];
  });
}

export function pathwayEvent({ from, to }: PathwaySwitch): FleetEvent {
  return from === undefined
    ? { tone: 'good', text: `Playback starts from ${to}` }
    : { tone: 'busy', text: `Playback moves from ${from} to ${to}` };
}

function stateEvents(old: OcaView, oca: OcaView): FleetEvent[] {
  if (old.state === oca.state) return [];
  const why = oca.reasons.length > 0 ? `: ${oca.reasons.join('; ')}` : '';
  if (oca.state === 'in-service') return [{ tone: 'good', text: `${oca.ocaId} is in service` }];
  return oca.state === 'draining'
    ? [{ tone: 'warning', text: `${oca.ocaId} is draining${why}` }]
    : [{ tone: 'bad', text: `${oca.ocaId} is out of service${why}` }];
}

function fillEvents(old: OcaView, oca: OcaView): FleetEvent[] {
  const before = old.report?.fill;
  const fill = oca.report?.fill;
  if (!fill || (before?.state === fill.state && before.planVersion === fill.planVersion)) return [];
  if (fill.state === 'filling') {
    return [{ tone: 'busy', text: `${oca.ocaId} fills a new plan` }];
  }
  return fill.state === 'complete'
    ? [
        {
          tone: 'good',
          text: `${oca.ocaId} holds all of its plan, ${formatBytes(fill.bytesTotal)}`,
        },
      ]
    : [];
}
