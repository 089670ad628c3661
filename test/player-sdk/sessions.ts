import type { PathwayId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { PlaybackSession } from '#protocol/playback.ts';

/** A session with two OCAs and CloudFront, as the playback API answers it. */
export const sessionOf = (): PlaybackSession => ({
  sessionId: 'session-1',
  expiresAt: 1_800_000_000_000 as EpochMs,
  dashUrl: 'http://127.0.0.1:8080/v1/playback/city-at-night/manifest.mpd?session=t',
  hlsUrl: 'http://127.0.0.1:8080/v1/playback/city-at-night/main.m3u8?session=t',
  steeringUrl: 'http://127.0.0.1:8080/v1/steering/dash?session=t',
  pathways: [
    { id: 'metro-1' as PathwayId, layer: 'oca', host: '127.0.0.11:8080' },
    { id: 'metro-2' as PathwayId, layer: 'oca', host: '127.0.0.12:8080' },
    { id: 'cloudfront', layer: 'cloudfront', host: '127.0.0.21:8080' },
  ],
  video_tracks: [],
  audio_tracks: [],
});
