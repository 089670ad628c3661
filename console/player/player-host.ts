import type { Playback } from '../../player-sdk/index.ts';
import type { PlayerKind } from './player-kind.ts';

export interface Quality {
  readonly height: number;
  readonly bitsPerSecond: number;
}

/** One player on the page's video element. */
export interface PlayerHost {
  /** What is being fetched now; undefined before the first choice. */
  quality(): Quality | undefined;
  destroy(): void | Promise<void>;
}

export interface PlayerRequest {
  readonly video: HTMLVideoElement;
  readonly playback: Playback;
  readonly url: string;
  readonly startSeconds: number;
  /** Playback cannot go on. */
  readonly onFatal: (message: string) => void;
}

export type StartPlayer = (request: PlayerRequest) => Promise<PlayerHost>;

/** Loads the player's library, when it is first wanted, and starts it. */
export async function startPlayer(kind: PlayerKind, request: PlayerRequest): Promise<PlayerHost> {
  switch (kind) {
    case 'dashjs':
      return (await import('./dash-host.ts')).startDash(request);
    case 'hlsjs':
      return (await import('./hls-host.ts')).startHls(request);
    case 'shaka-dash':
    case 'shaka-hls':
      return (await import('./shaka-host.ts')).startShaka(request);
  }
}
