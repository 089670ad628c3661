import type { PlaybackSession } from '#protocol/playback.ts';
import { type DashPlayer, observeDash } from './dash-adapter.ts';
import { deliveryReporter, type PlaybackListeners } from './delivery.ts';
import { type HlsPlayer, observeHls } from './hls-adapter.ts';
import { fetchPlaybackSession, type HttpGet, type SessionRequest } from './playback-session.ts';
import { observeShaka, type ShakaPlayer } from './shaka-adapter.ts';
import { dashSettings, hlsConfig, shakaConfig, type TuningOptions } from './tuned-config.ts';

export interface PlaybackOptions extends SessionRequest, PlaybackListeners, TuningOptions {}

/** Undoes an attachment: nothing is reported any more. Settings stay. */
export type Detach = () => void;

/**
 * One playback of one title. Attach the player before you give it the session's `dashUrl` or `hlsUrl`: attaching sets
 * the tuned configuration and begins to report.
 */
export interface Playback {
  readonly session: PlaybackSession;
  attachDash(player: DashPlayer): Detach;
  attachHls(hls: HlsPlayer): Detach;
  attachShaka(player: ShakaPlayer): Detach;
}

/** @throws CdnError see {@link fetchPlaybackSession}. */
export async function beginPlayback(options: PlaybackOptions, httpGet: HttpGet): Promise<Playback> {
  const session = await fetchPlaybackSession(options, httpGet);
  const report = deliveryReporter(session.pathways, options);
  return {
    session,
    attachDash(player) {
      player.updateSettings(dashSettings(options));
      return observeDash(player, report);
    },
    attachHls(hls) {
      Object.assign(hls.config, hlsConfig(options));
      return observeHls(hls, report);
    },
    attachShaka(player) {
      player.configure(shakaConfig(options));
      return observeShaka(player, report);
    },
  };
}
