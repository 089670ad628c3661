/** The public face of the player SDK. Browser globals enter here and nowhere else. */
import { beginPlayback, type Playback, type PlaybackOptions } from './playback.ts';

/** Longest wait for the playback API. Source: assumption; a start that takes longer is given up by viewers. */
const SESSION_TIMEOUT_MS = 10_000;

/** {@link beginPlayback} with the browser's `fetch` and a time limit. */
export function startPlayback(options: PlaybackOptions): Promise<Playback> {
  const timeLimit = AbortSignal.timeout(SESSION_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeLimit]) : timeLimit;
  return beginPlayback({ ...options, signal }, (url, init) => globalThis.fetch(url, init));
}

export type { DashPlayer } from './dash-adapter.ts';
export type {
  Delivery,
  DeliveryFailure,
  MediaKind,
  PathwaySwitch,
  PlaybackListeners,
} from './delivery.ts';
export type { HlsPlayer } from './hls-adapter.ts';
export { beginPlayback, type Detach, type Playback, type PlaybackOptions } from './playback.ts';
export { fetchPlaybackSession, type HttpGet, type SessionRequest } from './playback-session.ts';
export type { ShakaPlayer } from './shaka-adapter.ts';
export { dashSettings, hlsConfig, shakaConfig, type TuningOptions } from './tuned-config.ts';
