import Hls from 'hls.js';
import type { PlayerHost, PlayerRequest } from './player-host.ts';

export async function startHls(request: PlayerRequest): Promise<PlayerHost> {
  const hls = new Hls({ startPosition: request.startSeconds });
  const detach = request.playback.attachHls(hls);
  hls.on(Hls.Events.ERROR, (_event, error) => {
    if (error.fatal) request.onFatal(`hls.js: ${error.details}`);
  });
  hls.loadSource(request.url);
  hls.attachMedia(request.video);
  return {
    quality() {
      const level = hls.levels[hls.currentLevel];
      return level && { height: level.height, bitsPerSecond: level.bitrate };
    },
    destroy() {
      detach();
      hls.destroy();
    },
  };
}
