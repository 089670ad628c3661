/** Small pieces that several panels use. */
import type { ComponentChildren } from 'preact';
import type { Layer } from '#protocol/fields.ts';
import { LAYER_NAMES } from '../model/layers.ts';
import type { Tone } from '../model/oca-card.ts';

interface PanelProps {
  readonly id: string;
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Panel({ id, title, aside, children }: PanelProps) {
  return (
    <section class={`panel panel-${id}`} aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A state in a word, with a mark whose shape differs by tone: never by colour alone. */
export function StateMark({ tone, text }: { tone: Tone; text: string }) {
  return (
    <span class={`state tone-${tone}`}>
      <svg class="state-mark" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        <path d={TONE_SHAPES[tone]} />
      </svg>
      <span class="state-text">{text}</span>
    </span>
  );
}

const DISC = 'M5 0.8a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 1 1 0-8.4z';
const TONE_SHAPES: Readonly<Record<Tone, string>> = {
  good: DISC,
  busy: 'M5 0.5l4.5 4.5-4.5 4.5L0.5 5z',
  warning: 'M5 0.6l4.7 8.6H0.3z',
  bad: 'M1 1h8v8H1z',
  quiet: `${DISC}M5 2.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0-4.4z`,
};

export const LayerDot = ({ layer }: { layer: Layer }) => (
  <span class={`layer-dot fill-${layer}`} aria-hidden="true" />
);

export function LayerName({ layer }: { layer: Layer }) {
  return (
    <span class="layer-name">
      <LayerDot layer={layer} />
      {LAYER_NAMES[layer]}
    </span>
  );
}

interface BarProps {
  readonly share: number;
  readonly label: string;
  readonly text: string;
  readonly tone?: string;
}

/** A horizontal meter: one to look at and one to be read out. */
export function Bar({ share, label, text, tone = 'neutral' }: BarProps) {
  const filled = Math.min(1, Math.max(0, share));
  return (
    <div class="bar">
      <div class={`bar-fill bar-${tone}`} style={{ transform: `scaleX(${filled})` }} />
      <meter class="visually-hidden" min={0} max={1} value={filled} aria-label={label}>
        {text}
      </meter>
    </div>
  );
}

/** Something is missing, and what that means. */
export function EmptyState({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <p>{children}</p>
    </div>
  );
}
