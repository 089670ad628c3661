import type { MediaKind, RequestOutcome } from './delivery.ts';

/** What we use of a Shaka `Player`. */
export interface ShakaPlayer {
  configure(config: object): unknown;
  addEventListener(type: ShakaEvent, listener: (event: Event) => void): unknown;
  removeEventListener(type: ShakaEvent, listener: (event: Event) => void): unknown;
}

type ShakaEvent = 'downloadcompleted' | 'downloadfailed';

interface ShakaDownload {
  readonly requestType: number;
  readonly request: {
    readonly uris: readonly string[];
    readonly attempt: number;
    readonly timeToFirstByte?: number | null;
  };
  readonly context?: { readonly stream?: { readonly type?: string } };
}

interface ShakaCompletedDownload extends ShakaDownload {
  readonly response: {
    readonly uri: string;
    readonly data: { readonly byteLength: number };
    readonly headers: Readonly<Record<string, string>>;
    readonly status?: number;
    readonly timeMs?: number;
  };
}

interface ShakaFailedDownload extends ShakaDownload {
  readonly httpResponseCode: number;
  /** Given up by us, not by the network, unless a time-out ran out. */
  readonly aborted: boolean;
  readonly error: { readonly code: number } | null;
}

/** `shaka.net.NetworkingEngine.RequestType.SEGMENT`. */
const SEGMENT = 1;
/** `shaka.util.Error.Code.OPERATION_ABORTED`. */
const OPERATION_ABORTED = 7001;

/** Reports every media request of `player` until the returned function is called. */
export function observeShaka(
  player: ShakaPlayer,
  report: (outcome: RequestOutcome) => void,
): () => void {
  const onCompleted = (event: Event) => {
    const download = event as Event & ShakaCompletedDownload;
    if (download.requestType === SEGMENT) report(completedOutcome(download));
  };
  const onFailed = (event: Event) => {
    const download = event as Event & ShakaFailedDownload;
    if (download.requestType === SEGMENT && !isGivenUp(download)) report(failedOutcome(download));
  };
  player.addEventListener('downloadcompleted', onCompleted);
  player.addEventListener('downloadfailed', onFailed);
  return () => {
    player.removeEventListener('downloadcompleted', onCompleted);
    player.removeEventListener('downloadfailed', onFailed);
  };
}

function completedOutcome({ request, response, context }: ShakaCompletedDownload): RequestOutcome {
  const durationMs = response.timeMs ?? 0;
  return {
    url: response.uri,
    mediaKind: kindOf(context),
    status: response.status ?? 0,
    sizeBytes: response.data.byteLength,
    ttfbMs: request.timeToFirstByte ?? durationMs,
    durationMs,
    cacheStatus: response.headers['cache-status'],
  };
}

function failedOutcome({
  request,
  context,
  httpResponseCode,
}: ShakaFailedDownload): RequestOutcome {
  return {
    url: request.uris[request.attempt % request.uris.length] ?? '',
    mediaKind: kindOf(context),
    status: httpResponseCode,
    sizeBytes: 0,
    ttfbMs: 0,
    durationMs: 0,
    cacheStatus: undefined,
  };
}

/** Shaka aborts a request of a quality that it no longer wants; that says nothing about the pathway. */
const isGivenUp = ({ aborted, error }: ShakaFailedDownload): boolean =>
  !aborted && error?.code === OPERATION_ABORTED;

function kindOf(context: ShakaDownload['context']): MediaKind {
  const type = context?.stream?.type;
  return type === 'video' || type === 'audio' ? type : 'other';
}
