import { Debug, MediaPlayer } from 'dashjs';
import type { PlayerHost, PlayerRequest } from './player-host.ts';

interface DashError {
  readonly code?: number;
  readonly message?: string;
}

/**
 * `DOWNLOAD_ERROR_ID_CONTENT_CODE` and `DOWNLOAD_ERROR_ID_INITIALIZATION_CODE`: dash.js raises them for each segment
 * that a pathway did not deliver, and then turns to the next pathway. No code at all is a steering service that did not
 * answer: dash.js plays on in the order that it has. Measured with dash.js 5.2.1.
 */
const SURVIVABLE_ERRORS = new Set<number | undefined>([27, 28, undefined]);

export async function startDash(request: PlayerRequest): Promise<PlayerHost> {
  const player = MediaPlayer().create();
  player.updateSettings({ debug: { logLevel: Debug.LOG_LEVEL_NONE } });
  const detach = request.playback.attachDash(player);
  player.on(MediaPlayer.events.ERROR, ({ error }: { error?: DashError }) => {
    if (!SURVIVABLE_ERRORS.has(error?.code)) request.onFatal(`dash.js: ${error?.message}`);
  });
  player.initialize(request.video, request.url, false, request.startSeconds);
  return {
    quality() {
      if (!player.isReady()) return undefined;
      const current = player.getCurrentRepresentationForType('video');
      return current ? { height: current.height, bitsPerSecond: current.bandwidth } : undefined;
    },
    destroy() {
      detach();
      player.destroy();
    },
  };
}
