import type { Playback } from '../../player-sdk/index.ts';

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
