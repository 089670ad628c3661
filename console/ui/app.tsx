import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import type { SteeringExplanation } from '#protocol/playback.ts';
import type { PlaybackListeners } from '../../player-sdk/index.ts';
import { type Fleet, loadExplanation, loadTitles } from '../api/control-api.ts';
import { CallError } from '../api/http.ts';
import { baseUrls } from '../model/base-urls.ts';
import { ocasOfFlow } from '../model/channel-flow.ts';
import { EMPTY_LEDGER, recordDelivery, recordFailure } from '../model/delivery-ledger.ts';
import {
  type FleetEvent,
  type LoggedEvent,
  logEvents,
  pathwayEvent,
} from '../model/fleet-events.ts';
import { type OcaCard, ocaCard } from '../model/oca-card.ts';
import { systemState } from '../model/system-state.ts';
import type { PlayerKind } from '../player/player-kind.ts';
import { usePlayer } from '../player/use-player.ts';
import { BytesPanel } from './bytes-panel.tsx';
import { EventLog } from './event-log.tsx';
import { FleetPanel } from './fleet-panel.tsx';
import { Header } from './header.tsx';
import { PlayerPanel } from './player-panel.tsx';
import { SteeringPanel } from './steering-panel.tsx';
import { useFleet } from './use-fleet.ts';
import { usePoll } from './use-poll.ts';

const EXPLAIN_INTERVAL_MS = 2000;
const TITLES_INTERVAL_MS = 2000;

export function App() {
  const [ledger, setLedger] = useState(EMPTY_LEDGER);
  const [events, setEvents] = useState<readonly LoggedEvent[]>([]);
  const log = useCallback((added: readonly FleetEvent[]) => {
    if (added.length > 0) setEvents((all) => logEvents(all, added, Date.now()));
  }, []);
  const listeners = useMemo<PlaybackListeners>(
    () => ({
      onDelivery: (delivery) => setLedger((all) => recordDelivery(all, delivery)),
      onFailure: (failure) => setLedger((all) => recordFailure(all, failure)),
      onPathwaySwitch: (change) => log([pathwayEvent(change)]),
    }),
    [],
  );

  const fleet = useFleet(log);
  const titles = usePoll('titles', TITLES_INTERVAL_MS, loadTitles);
  const [chosenTitleId, setChosenTitleId] = useState<string | undefined>(undefined);
  const titleId = chosenTitleId ?? titles.value?.[0]?.titleId;
  const explanation = usePoll<SteeringExplanation>(titleId, EXPLAIN_INTERVAL_MS, (signal) =>
    loadExplanation(titleId ?? '', signal),
  );

  const videoRef = useRef<HTMLVideoElement>(null);
  const [kind, setKind] = useState<PlayerKind>('dashjs');
  const [attempt, setAttempt] = useState(1);
  const facts = usePlayer(videoRef, { titleId, kind, attempt }, listeners);
  const cards = cardsOf(fleet.value);

  return (
    <>
      <Header
        state={systemState(cards, fleet.error === undefined)}
        baseUrls={baseUrls(location.origin, facts.session)}
      />
      <main class="grid">
        <div class="area area-play">
          <PlayerPanel
            {...{ videoRef, titles: titles.value, titleId, kind, facts }}
            titlesFailure={failureText(titles.error)}
            onTitle={setChosenTitleId}
            onKind={setKind}
            onRetry={() => setAttempt((number) => number + 1)}
          />
          <BytesPanel ledger={ledger} ocaIds={ocasOfFlow(facts.session, ledger)} />
        </div>
        <div class="area area-fleet">
          <FleetPanel
            {...{ cards, actions: fleet.actions }}
            failure={failureText(fleet.error)}
            onOca={fleet.act}
            onFill={fleet.fill}
          />
        </div>
        <div class="area area-steering">
          <SteeringPanel
            explanation={explanation.value}
            pathwayInUse={facts.pathwayId}
            failure={failureText(explanation.error)}
          />
        </div>
        <div class="area area-events">
          <EventLog events={events} />
        </div>
      </main>
    </>
  );
}

function cardsOf(fleet: Fleet | undefined): OcaCard[] | undefined {
  const localById = new Map(fleet?.localOcas.map((local) => [local.ocaId, local]));
  return fleet?.view.ocas.map((oca) => ocaCard(oca, localById.get(oca.ocaId), fleet.view.asOf));
}

function failureText(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  const isSilent = error instanceof CallError && error.status === 0;
  return isSilent
    ? 'The control API does not answer. Figures are the last known.'
    : `The control API refuses: ${(error as Error).message}`;
}
