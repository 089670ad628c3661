import { type Decoder, literal, object, truth } from '#protocol/decode.ts';

/** What is asked of the fill planner, whatever the sites. */
export interface PlanningOrder {
  readonly window: 'now' | 'next';
  /** An operator's "now" makes new plans even of the same content; all else keeps a plan that still says the same. */
  readonly isForced: boolean;
}

export const planningOrder: Decoder<PlanningOrder> = object({
  window: literal('now', 'next'),
  isForced: truth,
});
