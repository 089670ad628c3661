import type { PathwayId, TitleId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import { type Decoder, decimal, list, literal, object, optional, text } from './decode.ts';
import { httpUrl, instant, type Layer, titleId } from './fields.ts';

/** `GET /v1/titles`. */
export interface TitleList {
  readonly titles: readonly TitleSummary[];
}

export interface TitleSummary {
  readonly titleId: TitleId;
  readonly name: string;
  readonly durationSeconds: number;
  readonly credit?: string;
}

/** `GET /v1/playback/<titleId>`: all that a player needs to begin. */
export interface PlaybackSession {
  readonly sessionId: string;
  readonly expiresAt: EpochMs;
  /** Absent when the title has no MPD, or no HLS playlist. */
  readonly dashUrl?: string;
  readonly hlsUrl?: string;
  readonly steeringUrl: string;
  readonly pathways: readonly Pathway[];
  readonly video_tracks: readonly PlaybackTrack[];
  readonly audio_tracks: readonly PlaybackTrack[];
}

export interface Pathway {
  readonly id: PathwayId;
  readonly layer: Extract<Layer, 'oca' | 'cloudfront'>;
  /** Host and port. */
  readonly host: string;
}

export interface PlaybackTrack {
  readonly profile: string;
  readonly codecs: string;
  readonly bandwidthBitsPerSecond: number;
  readonly language?: string;
  readonly width?: number;
  readonly height?: number;
  /** Best first: distinct OCAs, CloudFront last. */
  readonly cdn_urls: readonly string[];
}

/** `GET /v1/explain?ip=…&title=…`: how a client would be steered, and why. */
export interface SteeringExplanation {
  readonly clientAddress: string;
  readonly titleId?: TitleId;
  /** The longest footprint prefix that covers the client, if any does. */
  readonly matchedPrefix?: string;
  readonly candidates: readonly ExplainedCandidate[];
  readonly pathwayPriority: readonly PathwayId[];
}

export interface ExplainedCandidate {
  readonly pathwayId: PathwayId;
  readonly layer: Extract<Layer, 'oca' | 'cloudfront'>;
  readonly siteId?: string;
  readonly verdict: 'ranked' | 'dropped';
  /** 1 is first; absent for a dropped candidate. */
  readonly rank?: number;
  readonly reasons: readonly string[];
}

const track: Decoder<PlaybackTrack> = object({
  profile: text({ lengthMax: 64 }),
  codecs: text({ lengthMax: 128 }),
  bandwidthBitsPerSecond: decimal(),
  language: optional(text({ lengthMax: 35 })),
  width: optional(decimal()),
  height: optional(decimal()),
  cdn_urls: list(text({ lengthMax: 8192 }), { lengthMax: 16 }),
});

const pathwayId: Decoder<PathwayId> = text({ pattern: /^[a-z0-9-]{1,63}$/ }) as Decoder<PathwayId>;

export const titleList: Decoder<TitleList> = object({
  titles: list(
    object({
      titleId,
      name: text({ lengthMax: 256 }),
      durationSeconds: decimal(),
      credit: optional(text({ lengthMax: 1024 })),
    }),
  ),
});

export const playbackSession: Decoder<PlaybackSession> = object({
  sessionId: text({ lengthMax: 128 }),
  expiresAt: instant,
  dashUrl: optional(text({ lengthMax: 8192 })),
  hlsUrl: optional(text({ lengthMax: 8192 })),
  steeringUrl: httpUrlWithQuery(),
  pathways: list(
    object({ id: pathwayId, layer: literal('oca', 'cloudfront'), host: text({ lengthMax: 253 }) }),
  ),
  video_tracks: list(track),
  audio_tracks: list(track),
});

export const steeringExplanation: Decoder<SteeringExplanation> = object({
  clientAddress: text({ lengthMax: 45 }),
  titleId: optional(titleId),
  matchedPrefix: optional(text({ lengthMax: 49 })),
  candidates: list(
    object({
      pathwayId,
      layer: literal('oca', 'cloudfront'),
      siteId: optional(text({ lengthMax: 63 })),
      verdict: literal('ranked', 'dropped'),
      rank: optional(decimal()),
      reasons: list(text({ lengthMax: 256 })),
    }),
  ),
  pathwayPriority: list(pathwayId),
});

function httpUrlWithQuery(): Decoder<string> {
  const withoutQuery = httpUrl;
  return (value, at) => {
    const [base] = typeof value === 'string' ? value.split('?', 1) : [undefined];
    withoutQuery(base, at);
    return value as string;
  };
}
