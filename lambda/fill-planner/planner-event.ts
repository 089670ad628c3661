import { CdnError } from '#domain/errors.ts';
import { decode, describeFaults } from '#protocol/decode.ts';
import { type FillPlanRequest, fillPlanRequest } from '../shared/events.ts';

/** What calls the planner: an event of the bus, or the nightly schedule's bare `{"window":"next"}`. */
export interface PlannerEvent {
  readonly 'detail-type'?: string;
  readonly detail?: unknown;
  readonly window?: unknown;
}

export interface PlanningOrder extends FillPlanRequest {
  /** An operator's "now" makes new plans even of the same content; all else keeps a plan that still says the same. */
  readonly isForced: boolean;
}

/** @throws CdnError `message-invalid` for an event that is none of ours. */
export function planningOrder(event: PlannerEvent): PlanningOrder {
  if (event['detail-type'] === 'Title Published') return { window: 'now', isForced: false };
  const decoded = decode(
    fillPlanRequest,
    event['detail-type'] === undefined ? event : event.detail,
  );
  if (!decoded.ok) throw new CdnError('message-invalid', describeFaults(decoded.faults));
  const { window, siteId } = decoded.value;
  return { ...decoded.value, isForced: window === 'now' && siteId === undefined };
}
