import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CdnError } from '#domain/errors.ts';
import type { SiteId, TitleId } from '#domain/ids.ts';
import { type Decoder, literal, object, optional } from '#protocol/decode.ts';
import { siteId } from '#protocol/fields.ts';

/** Our own events on the account's default bus: what happened, and to what. */
export interface OwnEvents {
  'Fill Plan Requested': FillPlanRequest;
  'Title Published': { readonly titleId: TitleId };
  'OCA Addresses Changed': OcaAddressesChange;
}

export interface FillPlanRequest {
  readonly window: 'now' | 'next';
  /** Only this site: one of its OCAs needs a plan. Absent when an operator, or the night, asks for all. */
  readonly siteId?: SiteId;
}

/** A site's OCAs may be reached elsewhere than before. */
export interface OcaAddressesChange {
  readonly siteId: SiteId;
}

export type EventSender = <Type extends keyof OwnEvents>(
  detailType: Type,
  detail: OwnEvents[Type],
) => Promise<void>;

export const EVENT_SOURCE = 'distributary';

export const fillPlanRequest: Decoder<FillPlanRequest> = object({
  window: literal('now', 'next'),
  siteId: optional(siteId),
});

export const ocaAddressesChange: Decoder<OcaAddressesChange> = object({ siteId });

/** @throws CdnError `upstream-unreachable` when the bus took the call but not the event. */
export function eventSender(client: EventBridgeClient, busName: string): EventSender {
  return async (detailType, detail) => {
    const entry = {
      EventBusName: busName,
      Source: EVENT_SOURCE,
      DetailType: detailType,
      Detail: JSON.stringify(detail),
    };
    const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount) {
      throw new CdnError('upstream-unreachable', `EventBridge refused the event ${detailType}`);
    }
  };
}
