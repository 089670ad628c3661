/** What a test asks of the player page and what it gets to know. Shared by both sides. */
export const PLAYERS = ['dash.js', 'hls.js', 'Shaka DASH', 'Shaka HLS'] as const;
export type PlayerName = (typeof PLAYERS)[number];

export interface DriveOptions {
  /** Where the playback API answers. */
  readonly playUrl: string;
  readonly player: PlayerName;
  readonly titleId: string;
  readonly playbackRate: number;
  /** Left to the player when absent. */
  readonly bufferSeconds?: number;
}

export interface Observation {
  readonly currentTime: number;
  readonly duration: number;
  readonly hasEnded: boolean;
  readonly framesDecoded: number;
  readonly pictureWidth: number;
  /** `waiting` events after the picture had moved. */
  readonly stalls: number;
  /** Longest time in which the position did not move though it should have. */
  readonly longestFreezeMs: number;
  /** Errors that the player calls fatal, and what it reports beyond the loss of a pathway. */
  readonly errors: readonly string[];
  /** In the order in which video came from them. */
  readonly pathways: readonly string[];
  readonly bytesByLayer: Readonly<Record<string, number>>;
  readonly bytesByPathway: Readonly<Record<string, number>>;
  /** Requests that brought nothing. */
  readonly failures: number;
}

declare global {
  interface Window {
    distributaryTest: {
      drive(options: DriveOptions): Promise<void>;
      observe(): Observation;
    };
  }
}
