import { CdnError } from '#domain/errors.ts';
import type { SiteId } from '#domain/ids.ts';
import { type Decoder, decode, describeFaults, list, object } from '#protocol/decode.ts';
import { siteId } from '#protocol/fields.ts';
import { type PlanningOrder, planningOrder } from '../shared/planning-order.ts';

/** What the state machine asks of one invocation. */
export interface PlanningBatch {
  readonly siteIds: readonly SiteId[];
  readonly order: PlanningOrder;
}

const batch: Decoder<PlanningBatch> = object({
  siteIds: list(siteId, { lengthMax: 100 }),
  order: planningOrder,
});

/** @throws CdnError `message-invalid`. */
export function planningBatch(event: unknown): PlanningBatch {
  const decoded = decode(batch, event);
  if (decoded.ok) return decoded.value;
  throw new CdnError('message-invalid', describeFaults(decoded.faults));
}
