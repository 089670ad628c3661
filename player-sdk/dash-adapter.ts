import type { MediaKind, RequestOutcome } from './delivery.ts';

/** What we use of a dash.js `MediaPlayer`. */
export interface DashPlayer {
  updateSettings(settings: object): void;
  on(type: 'metricAdded', listener: (event: DashMetricEvent) => void): void;
  off(type: 'metricAdded', listener: (event: DashMetricEvent) => void): void;
}

interface DashMetricEvent {
  readonly metric: string;
  readonly value: object;
}

/** A `Date`, of which we read only this. */
interface Instant {
  getTime(): number;
}

/** dash.js's record of one HTTP request, after ISO/IEC 23009-1 Annex D.4.3. */
interface DashHttpRequest {
  readonly type: string;
  readonly url: string;
  readonly actualurl?: string | null;
  readonly responsecode: number | null;
  readonly trequest: Instant | null;
  readonly tresponse: Instant | null;
  readonly trace?: readonly { readonly b: readonly number[] }[];
  readonly _tfinish: Instant | null;
  readonly _stream: string;
  readonly _responseHeaders: string;
}

const MEDIA_TYPES = new Set(['MediaSegment', 'InitializationSegment', 'IndexSegment']);

/** Reports every media request of `player` until the returned function is called. */
export function observeDash(
  player: DashPlayer,
  report: (outcome: RequestOutcome) => void,
): () => void {
  const listener = (event: DashMetricEvent) => {
    if (event.metric !== 'HttpList') return;
    const request = event.value as DashHttpRequest;
    if (MEDIA_TYPES.has(request.type)) report(outcomeOf(request));
  };
  player.on('metricAdded', listener);
  return () => player.off('metricAdded', listener);
}

function outcomeOf(request: DashHttpRequest): RequestOutcome {
  const { trequest, tresponse, _tfinish, trace = [] } = request;
  const finishedAt = _tfinish ?? tresponse ?? trequest;
  return {
    url: request.actualurl ?? request.url,
    mediaKind: kindOf(request._stream),
    status: request.responsecode ?? 0,
    sizeBytes: trace.flatMap(({ b }) => b).reduce((sum, size) => sum + size, 0),
    ttfbMs: millisecondsBetween(trequest, tresponse ?? finishedAt),
    durationMs: millisecondsBetween(trequest, finishedAt),
    cacheStatus: /^cache-status: (.*)$/im.exec(request._responseHeaders)?.[1],
  };
}

const kindOf = (stream: string): MediaKind =>
  stream === 'video' || stream === 'audio' ? stream : 'other';

const millisecondsBetween = (start: Instant | null, end: Instant | null): number =>
  start && end ? end.getTime() - start.getTime() : 0;
