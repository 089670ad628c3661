import { describeAction, type FleetAction, type OcaVerb } from '../model/fleet-action.ts';
import type { OcaCard } from '../model/oca-card.ts';
import { DrainIcon, StartIcon, StopIcon, UndrainIcon } from './icons.tsx';
import { Bar, StateMark } from './parts.tsx';

interface OcaCardViewProps {
  readonly card: OcaCard;
  readonly action: FleetAction | undefined;
  onAct(verb: OcaVerb): void;
}

export function OcaCardView({ card, action, onAct }: OcaCardViewProps) {
  return (
    <li class={`card ${card.isStale ? 'is-stale' : ''}`} data-oca={card.ocaId}>
      <div class="card-head">
        <div>
          <h3 class="clip">
            {card.ocaId} <span class="host">{card.host}</span>
          </h3>
          <p class="muted clip" title={card.place}>
            {card.place}
          </p>
        </div>
        <CardButtons card={card} action={action} onAct={onAct} />
      </div>
      <CardNote card={card} action={action} />
      <div class="card-body">
        <dl class="figures">
          <Figure label="Byte hit ratio" text={card.hitRatioText} />
          <Figure label="Egress" text={card.egressText} />
          <Figure label="Connections" text={card.connectionsText} />
        </dl>
        <div class="meters">
          {card.tiers.map((tier) => (
            <MeterRow key={tier.label} {...tier} name={`${tier.label} tier`} />
          ))}
          <MeterRow {...card.fill} label="fill" name="Fill" />
        </div>
      </div>
      <p class="fill-line clip" title={card.fill.sourcesText}>
        <span class={`tone-${card.fill.tone}`}>{card.fill.label}</span>
        {card.fill.sourcesText && <span class="muted">: {card.fill.sourcesText}</span>}
      </p>
    </li>
  );
}

/** The state and its reasons, or what the operator's last wish has come to. */
function CardNote({ card, action }: Pick<OcaCardViewProps, 'card' | 'action'>) {
  const isTold = action && action.phase !== 'done';
  return (
    <p class="card-note" role="status">
      <StateMark tone={card.tone} text={card.stateText} />
      <span class={`clip ${action?.phase === 'failed' ? 'tone-bad' : 'muted'}`}>
        {isTold ? describeAction(action) : card.reason || card.reportedText}
      </span>
    </p>
  );
}

function CardButtons({ card, action, onAct }: OcaCardViewProps) {
  const isBusy = action?.phase === 'sending' || action?.phase === 'awaiting';
  const act = (verb: OcaVerb) => () => {
    if (!isBusy) onAct(verb);
  };
  const drainVerb = card.isDrained ? 'undrain' : 'drain';
  const powerVerb = card.isRunning ? 'stop' : 'start';
  return (
    <div class="card-buttons">
      <button
        type="button"
        class="button"
        aria-disabled={isBusy}
        aria-label={`${card.isDrained ? 'Undrain' : 'Drain'} ${card.ocaId}`}
        onClick={act(drainVerb)}
      >
        {card.isDrained ? <UndrainIcon /> : <DrainIcon />} {card.isDrained ? 'Undrain' : 'Drain'}
      </button>
      {card.isRunning !== undefined && (
        <button
          type="button"
          class={`button ${card.isRunning ? 'button-danger' : 'button-primary'}`}
          aria-disabled={isBusy}
          aria-label={`${card.isRunning ? 'Stop' : 'Start'} ${card.ocaId}`}
          onClick={act(powerVerb)}
        >
          {card.isRunning ? <StopIcon /> : <StartIcon />} {card.isRunning ? 'Stop' : 'Start'}
        </button>
      )}
    </div>
  );
}

const Figure = ({ label, text }: { label: string; text: string }) => (
  <div>
    <dt>{label}</dt>
    <dd>{text}</dd>
  </div>
);

interface MeterRowProps {
  readonly label: string;
  readonly name: string;
  readonly share: number;
  readonly text: string;
  readonly tone?: string;
}

function MeterRow({ label, name, share, text, tone }: MeterRowProps) {
  return (
    <div class="meter-row">
      <span class="meter-label">{label}</span>
      <Bar share={share} label={name} text={text} {...(tone && { tone })} />
      <span class="meter-text">{text}</span>
    </div>
  );
}
