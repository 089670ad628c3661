import { describeAction, type FleetAction, type OcaVerb } from '../model/fleet-action.ts';
import type { OcaCard } from '../model/oca-card.ts';
import { FillIcon } from './icons.tsx';
import { OcaCardView } from './oca-card-view.tsx';
import { EmptyState, Panel } from './parts.tsx';

export interface FleetPanelProps {
  readonly cards: readonly OcaCard[] | undefined;
  readonly actions: readonly FleetAction[];
  /** Why the newest answer is missing; undefined when it is not. */
  readonly failure: string | undefined;
  onOca(ocaId: string, verb: OcaVerb): void;
  onFill(): void;
}

export function FleetPanel({ cards, actions, failure, onOca, onFill }: FleetPanelProps) {
  const fill = actions.find(({ verb }) => verb === 'fill');
  const isFillUnderWay = fill?.phase === 'sending' || fill?.phase === 'awaiting';
  const runFill = (
    <button
      type="button"
      class="button"
      aria-disabled={isFillUnderWay || cards === undefined}
      aria-busy={isFillUnderWay}
      onClick={() => !isFillUnderWay && onFill()}
    >
      <FillIcon /> {isFillUnderWay ? 'Requesting…' : 'Run fill'}
    </button>
  );
  return (
    <Panel id="fleet" title="Fleet" aside={runFill}>
      <p
        class={`panel-note ${fill?.phase === 'failed' || failure ? 'tone-bad' : 'muted'}`}
        role="status"
      >
        {failure ??
          (fill ? describeAction(fill) : 'Fill copies popular titles to OCAs ahead of demand.')}
      </p>
      {cards === undefined && <CardSkeletons />}
      {cards?.length === 0 && (
        <EmptyState title="No OCA is declared">
          Sites and their OCAs are declared in the configuration file.
        </EmptyState>
      )}
      <ul class="cards">
        {cards?.map((card) => (
          <OcaCardView
            key={card.ocaId}
            card={card}
            action={actions.find(({ ocaId }) => ocaId === card.ocaId)}
            onAct={(verb) => onOca(card.ocaId, verb)}
          />
        ))}
      </ul>
    </Panel>
  );
}

const CardSkeletons = () => (
  <div class="cards" aria-hidden="true">
    <div class="card skeleton" />
    <div class="card skeleton" />
    <div class="card skeleton" />
  </div>
);
