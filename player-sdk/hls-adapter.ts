import type { MediaKind, RequestOutcome } from './delivery.ts';

/** What we use of an `Hls`. */
export interface HlsPlayer {
  readonly config: object;
  on(event: string, listener: (event: string, report: HlsReport) => void): void;
  off(event: string, listener: (event: string, report: HlsReport) => void): void;
}

/** The members that hls.js's `FragLoadedData` and `ErrorData` have for a fragment. */
interface HlsReport {
  readonly details?: string;
  readonly frag?: {
    readonly url: string;
    readonly type: string;
    readonly stats: {
      readonly loaded: number;
      readonly loading: { readonly start: number; readonly first: number; readonly end: number };
    };
  };
  readonly response?: { readonly code?: number };
  readonly networkDetails?: unknown;
}

const LOAD_FAILURES = new Set(['fragLoadError', 'fragLoadTimeOut']);

/**
 * Reports every media segment of `hls` until the returned function is called. hls.js raises no event for
 * initialization segments, so their few hundred bytes are not in it.
 */
export function observeHls(hls: HlsPlayer, report: (outcome: RequestOutcome) => void): () => void {
  const onLoaded = (_event: string, loaded: HlsReport) => {
    if (loaded.frag) report(outcomeOf(loaded.frag, loaded.networkDetails));
  };
  const onError = (_event: string, error: HlsReport) => {
    if (!error.frag || !LOAD_FAILURES.has(error.details ?? '')) return;
    report({ ...outcomeOf(error.frag, undefined), status: error.response?.code ?? 0 });
  };
  hls.on('hlsFragLoaded', onLoaded);
  hls.on('hlsError', onError);
  return () => {
    hls.off('hlsFragLoaded', onLoaded);
    hls.off('hlsError', onError);
  };
}

function outcomeOf(fragment: NonNullable<HlsReport['frag']>, transport: unknown): RequestOutcome {
  const { start, first, end } = fragment.stats.loading;
  return {
    url: fragment.url,
    mediaKind: kindOf(fragment.type),
    sizeBytes: fragment.stats.loaded,
    ttfbMs: first - start,
    durationMs: end - start,
    ...answerOf(transport),
  };
}

/** hls.js hands over what it fetched with: an XMLHttpRequest, or a Response where fetch was chosen. */
function answerOf(transport: unknown): Pick<RequestOutcome, 'status' | 'cacheStatus'> {
  const { status = 0 } = (transport ?? {}) as { status?: number };
  return { status, cacheStatus: headerOf(transport, 'cache-status') };
}

function headerOf(transport: unknown, name: string): string | undefined {
  const xhr = transport as Partial<XMLHttpRequest> | undefined;
  const response = transport as Partial<Response> | undefined;
  return xhr?.getResponseHeader?.(name) ?? response?.headers?.get(name) ?? undefined;
}

const kindOf = (type: string): MediaKind =>
  type === 'main' ? 'video' : type === 'audio' ? 'audio' : 'other';
