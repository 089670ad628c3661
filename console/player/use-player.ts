import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PathwayId } from '#domain/ids.ts';
import type { PlaybackSession } from '#protocol/playback.ts';
import { type PlaybackListeners, startPlayback } from '../../player-sdk/index.ts';
import type { PlayerHost, Quality } from './player-host.ts';
import { type PlayerKind, sourceUrl } from './player-kind.ts';
import { watchStalls } from './stall-watch.ts';
import { startPlayer } from './start-player.ts';

export interface PlayerFacts {
  readonly session: PlaybackSession | undefined;
  readonly pathwayId: PathwayId | undefined;
  readonly quality: Quality | undefined;
  readonly bufferSeconds: number;
  readonly stalls: number;
  readonly failure: string | undefined;
}

const NOTHING_YET: PlayerFacts = {
  session: undefined,
  pathwayId: undefined,
  quality: undefined,
  bufferSeconds: 0,
  stalls: 0,
  failure: undefined,
};

const SAMPLE_INTERVAL_MS = 500;

export interface PlayerWish {
  readonly titleId: string | undefined;
  readonly kind: PlayerKind;
  /** Another number begins a new attempt after a failure. */
  readonly attempt: number;
}

/**
 * Plays what is wished for on `videoRef`. Another player takes over where the last one was; another title begins at its
 * start. At most one player exists at a time.
 */
export function usePlayer(
  videoRef: RefObject<HTMLVideoElement | null>,
  wish: PlayerWish,
  listeners: PlaybackListeners,
): PlayerFacts {
  const [facts, setFacts] = useState(NOTHING_YET);
  const lastRun = useRef<Promise<void>>(Promise.resolve());
  const lastTitleId = useRef<string | undefined>(undefined);

  useEffect(() => {
    const video = videoRef.current;
    if (!video || wish.titleId === undefined) return;
    const isSameTitle = lastTitleId.current === wish.titleId && !video.ended;
    lastTitleId.current = wish.titleId;
    const stop = new AbortController();
    const run = {
      ...{ video, listeners, titleId: wish.titleId, kind: wish.kind, signal: stop.signal },
      startSeconds: isSameTitle ? video.currentTime : 0,
      change(some: Partial<PlayerFacts>) {
        if (!stop.signal.aborted) setFacts((all) => ({ ...all, ...some }));
      },
    };
    setFacts(NOTHING_YET);
    lastRun.current = lastRun.current.then(() => runPlayer(run)).catch(() => undefined);
    return () => stop.abort();
  }, [wish.titleId, wish.kind, wish.attempt]);
  return facts;
}

interface PlayerRun {
  readonly video: HTMLVideoElement;
  readonly titleId: string;
  readonly kind: PlayerKind;
  readonly startSeconds: number;
  readonly listeners: PlaybackListeners;
  readonly signal: AbortSignal;
  change(facts: Partial<PlayerFacts>): void;
}

/** Plays until `signal` aborts; failures are told through `change`. */
async function runPlayer(run: PlayerRun): Promise<void> {
  if (run.signal.aborted) return;
  const stopWatching = watchStalls(run.video, (stalls) => run.change({ stalls }));
  let host: PlayerHost | undefined;
  try {
    host = await beginPlayer(run);
    await sampleUntilAborted(run, host);
  } catch (error) {
    if (!run.signal.aborted) run.change({ failure: (error as Error).message });
  } finally {
    stopWatching();
    await host?.destroy();
  }
}

async function beginPlayer(run: PlayerRun): Promise<PlayerHost> {
  const { video, titleId, kind, startSeconds, listeners, signal, change } = run;
  const playback = await startPlayback({
    ...{ playUrl: location.origin, titleId, signal },
    ...listeners,
    onPathwaySwitch(switched) {
      change({ pathwayId: switched.to });
      listeners.onPathwaySwitch?.(switched);
    },
  });
  change({ session: playback.session });
  const url = sourceUrl(playback.session, kind);
  if (url === undefined) throw new Error('The title is not published in this format.');
  const onFatal = (failure: string) => change({ failure });
  const host = await startPlayer(kind, { video, playback, url, startSeconds, onFatal });
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) void video.play().catch(() => {});
  return host;
}

function sampleUntilAborted({ video, change, signal }: PlayerRun, host: PlayerHost): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(
      () => change({ quality: host.quality(), bufferSeconds: bufferAhead(video) }),
      SAMPLE_INTERVAL_MS,
    );
    const finish = () => {
      clearInterval(timer);
      resolve();
    };
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}

/** Seconds that can be played from here without another byte. */
function bufferAhead({ buffered, currentTime }: HTMLVideoElement): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + 0.1 && currentTime <= buffered.end(index)) {
      return buffered.end(index) - currentTime;
    }
  }
  return 0;
}
