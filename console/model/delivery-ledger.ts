import type { PathwayId } from '#domain/ids.ts';
import { share } from '#domain/units.ts';
import type { Layer } from '#protocol/fields.ts';
import type { Delivery, DeliveryFailure, MediaKind } from '../../player-sdk/index.ts';
import { LAYERS } from './layers.ts';

/** One request as the page shows it: no host, no token, only the file's name. */
export interface RequestMark {
  /** Counts up from 1 over the ledger's life. */
  readonly number: number;
  readonly file: string;
  readonly mediaKind: MediaKind;
  readonly pathwayId: PathwayId;
  /** Undefined for a request that brought nothing. */
  readonly layer: Layer | undefined;
  readonly bytes: number;
  readonly ttfbMs: number;
  readonly durationMs: number;
  readonly status: number;
}

export interface DeliveryLedger {
  readonly requestsTotal: number;
  readonly bytesByLayer: Readonly<Record<Layer, number>>;
  readonly requestsByLayer: Readonly<Record<Layer, number>>;
  /** What each pathway handed to the player, whatever layer it lay in. */
  readonly bytesByPathway: ReadonlyMap<PathwayId, number>;
  /** The newest last; {@link RECENT_MAX} at most. */
  readonly recent: readonly RequestMark[];
}

export const RECENT_MAX = 60;

export const EMPTY_LEDGER: DeliveryLedger = {
  requestsTotal: 0,
  bytesByLayer: { oca: 0, cloudfront: 0, s3: 0 },
  requestsByLayer: { oca: 0, cloudfront: 0, s3: 0 },
  bytesByPathway: new Map(),
  recent: [],
};

export function recordDelivery(ledger: DeliveryLedger, delivery: Delivery): DeliveryLedger {
  const { layer, bytes, pathwayId, mediaKind, ttfbMs, durationMs, status } = delivery;
  const pathwayBytes = (ledger.bytesByPathway.get(pathwayId) ?? 0) + bytes;
  return {
    ...withMark(ledger, {
      ...{ file: fileOf(delivery.url), layer, bytes, pathwayId, mediaKind },
      ...{ ttfbMs, durationMs, status },
    }),
    bytesByLayer: { ...ledger.bytesByLayer, [layer]: ledger.bytesByLayer[layer] + bytes },
    requestsByLayer: { ...ledger.requestsByLayer, [layer]: ledger.requestsByLayer[layer] + 1 },
    bytesByPathway: new Map(ledger.bytesByPathway).set(pathwayId, pathwayBytes),
  };
}

export function recordFailure(ledger: DeliveryLedger, failure: DeliveryFailure): DeliveryLedger {
  const { pathwayId, mediaKind, status } = failure;
  return withMark(ledger, {
    ...{ file: fileOf(failure.url), layer: undefined, bytes: 0, pathwayId, mediaKind },
    ...{ ttfbMs: 0, durationMs: 0, status },
  });
}

export interface LayerTotal {
  readonly layer: Layer;
  readonly bytes: number;
  readonly requests: number;
  /** Of all bytes, 0..1. */
  readonly byteShare: number;
}

export function layerTotals(ledger: DeliveryLedger): LayerTotal[] {
  const total = LAYERS.reduce((sum, layer) => sum + ledger.bytesByLayer[layer], 0);
  return LAYERS.map((layer) => ({
    layer,
    bytes: ledger.bytesByLayer[layer],
    requests: ledger.requestsByLayer[layer],
    byteShare: share(ledger.bytesByLayer[layer], total),
  }));
}

/** What one pathway handed over, as a share of all bytes that the player got. */
export function pathwayShare(ledger: DeliveryLedger, pathwayId: PathwayId): number {
  const total = [...ledger.bytesByPathway.values()].reduce((sum, bytes) => sum + bytes, 0);
  return share(ledger.bytesByPathway.get(pathwayId) ?? 0, total);
}

function withMark(ledger: DeliveryLedger, mark: Omit<RequestMark, 'number'>): DeliveryLedger {
  const number = ledger.requestsTotal + 1;
  const recent = [...ledger.recent, { number, ...mark }].slice(-RECENT_MAX);
  return { ...ledger, requestsTotal: number, recent };
}

/** The last part of the path: never the host, the token or the query. */
const fileOf = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? '';
