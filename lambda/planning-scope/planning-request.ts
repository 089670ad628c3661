import { CdnError } from '#domain/errors.ts';
import type { SiteId } from '#domain/ids.ts';
import { decode, describeFaults } from '#protocol/decode.ts';
import { fillPlanRequest } from '../shared/events.ts';
import type { PlanningOrder } from '../shared/planning-order.ts';

/** What starts the planning: an event of the bus, or the nightly schedule's bare `{"window":"next"}`. */
export interface PlanningEvent {
  readonly 'detail-type'?: string;
  readonly detail?: unknown;
  readonly window?: unknown;
}

export interface PlanningRequest {
  readonly order: PlanningOrder;
  /** Only this site; all when absent. */
  readonly siteId?: SiteId;
}

/** @throws CdnError `message-invalid` for an event that is none of ours. */
export function planningRequest(event: PlanningEvent): PlanningRequest {
  if (event['detail-type'] === 'Title Published')
    return { order: { window: 'now', isForced: false } };
  const decoded = decode(
    fillPlanRequest,
    event['detail-type'] === undefined ? event : event.detail,
  );
  if (!decoded.ok) throw new CdnError('message-invalid', describeFaults(decoded.faults));
  const { window, siteId } = decoded.value;
  const isForced = window === 'now' && siteId === undefined;
  return { order: { window, isForced }, ...(siteId === undefined ? {} : { siteId }) };
}
