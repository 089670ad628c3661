import { parseCacheStatus, servedBy } from '#domain/delivery/cache-status.ts';
import type { PathwayId } from '#domain/ids.ts';
import { type Bytes, bytes, type Milliseconds, milliseconds } from '#domain/units.ts';
import type { Layer } from '#protocol/fields.ts';
import type { Pathway } from '#protocol/playback.ts';

export type MediaKind = 'video' | 'audio' | 'other';

/** One media request that brought bytes. */
export interface Delivery {
  /** Holds the session token in its path: show and log its last part only. */
  readonly url: string;
  readonly mediaKind: MediaKind;
  /** Whom the player asked. */
  readonly pathwayId: PathwayId;
  /** Where the bytes lay: an OCA that had to fetch them answers for CloudFront or S3. */
  readonly layer: Layer;
  readonly bytes: Bytes;
  readonly ttfbMs: Milliseconds;
  readonly durationMs: Milliseconds;
  readonly status: number;
}

/** One media request that brought nothing. */
export interface DeliveryFailure {
  readonly url: string;
  readonly mediaKind: MediaKind;
  readonly pathwayId: PathwayId;
  /** 0 when there was no HTTP answer: refused, reset or timed out. */
  readonly status: number;
}

export interface PathwaySwitch {
  /** Undefined for the first pathway of the session. */
  readonly from: PathwayId | undefined;
  readonly to: PathwayId;
}

export interface PlaybackListeners {
  readonly onDelivery?: (delivery: Delivery) => void;
  readonly onFailure?: (failure: DeliveryFailure) => void;
  /** The video's bytes come from another pathway than before. */
  readonly onPathwaySwitch?: (change: PathwaySwitch) => void;
}

/** What a player tells about one finished request, in the words that all players share. */
export interface RequestOutcome {
  readonly url: string;
  readonly mediaKind: MediaKind;
  readonly status: number;
  readonly sizeBytes: number;
  readonly ttfbMs: number;
  readonly durationMs: number;
  /** The `Cache-Status` field, when the player got to see it. */
  readonly cacheStatus: string | undefined;
}

/**
 * Turns the outcomes of one session's requests into calls of its listeners. Requests to hosts that are no pathway of
 * the session are passed over.
 */
export function deliveryReporter(
  pathways: readonly Pathway[],
  listeners: PlaybackListeners,
): (outcome: RequestOutcome) => void {
  const pathwayByHost = new Map(pathways.map((pathway) => [pathway.host, pathway]));
  let videoPathwayId: PathwayId | undefined;

  return (outcome) => {
    const pathway = pathwayByHost.get(hostOf(outcome.url));
    if (!pathway) return;
    const { url, mediaKind, status } = outcome;
    const { id: pathwayId } = pathway;
    if (!isSuccess(status)) {
      listeners.onFailure?.({ url, mediaKind, pathwayId, status });
      return;
    }
    listeners.onDelivery?.(deliveryOf(outcome, pathway));
    if (mediaKind !== 'video' || pathwayId === videoPathwayId) return;
    listeners.onPathwaySwitch?.({ from: videoPathwayId, to: pathwayId });
    videoPathwayId = pathwayId;
  };
}

function deliveryOf(outcome: RequestOutcome, pathway: Pathway): Delivery {
  const members = parseCacheStatus(outcome.cacheStatus ?? '');
  return {
    url: outcome.url,
    mediaKind: outcome.mediaKind,
    pathwayId: pathway.id,
    layer: members.length === 0 ? pathway.layer : servedBy(members),
    bytes: bytes(outcome.sizeBytes),
    ttfbMs: milliseconds(Math.max(0, outcome.ttfbMs)),
    durationMs: milliseconds(Math.max(0, outcome.durationMs)),
    status: outcome.status,
  };
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Host and port, as {@link Pathway} has them; empty for what is no URL. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : '');
