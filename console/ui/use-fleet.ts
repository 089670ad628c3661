import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Fleet, loadFleet, requestFill, requestOca } from '../api/control-api.ts';
import {
  describeAction,
  type FleetAction,
  type OcaVerb,
  planVersionMax,
  settle,
} from '../model/fleet-action.ts';
import { type FleetEvent, fleetEvents } from '../model/fleet-events.ts';
import { type Polled, usePoll } from './use-poll.ts';

const POLL_INTERVAL_MS = 1000;

export interface FleetState extends Polled<Fleet> {
  readonly actions: readonly FleetAction[];
  act(ocaId: string, verb: OcaVerb): void;
  fill(): void;
}

/** The fleet as polled, and what the operator asked of it. Changes and outcomes go to `onEvents`. */
export function useFleet(onEvents: (events: readonly FleetEvent[]) => void): FleetState {
  const polled = usePoll('fleet', POLL_INTERVAL_MS, loadFleet);
  const fleet = polled.value;
  const [actions, setActions] = useState<readonly FleetAction[]>([]);
  const lastFleet = useRef<Fleet | undefined>(undefined);

  useEffect(() => {
    if (!fleet) return;
    onEvents(fleetEvents(lastFleet.current?.view, fleet.view));
    lastFleet.current = fleet;
    const seen = { fleet: fleet.view, localOcas: fleet.localOcas, now: Date.now() };
    setActions((all) => all.map((action) => settle(action, seen)));
  }, [fleet]);

  const begin = useCallback(async (action: FleetAction, send: () => Promise<void>) => {
    const replace = (next: FleetAction) =>
      setActions((all) => [...all.filter(({ ocaId }) => ocaId !== action.ocaId), next]);
    replace(action);
    try {
      await send();
      replace({ ...action, phase: 'awaiting' });
    } catch (error) {
      const failed: FleetAction = { ...action, phase: 'failed', failure: (error as Error).message };
      replace(failed);
      onEvents([{ tone: 'bad', text: describeAction(failed) }]);
    }
  }, []);

  const actionOf = (verb: FleetAction['verb'], ocaId: string | undefined): FleetAction => ({
    ...{ verb, ocaId, phase: 'sending', startedAt: Date.now() },
    planVersionBefore: planVersionMax(fleet?.view),
  });
  return {
    ...polled,
    actions,
    act: (ocaId, verb) => void begin(actionOf(verb, ocaId), () => requestOca(ocaId, verb)),
    fill: () => void begin(actionOf('fill', undefined), requestFill),
  };
}
