import type { Track } from '#protocol/title-catalog.ts';

/** What publishing reads from an MPD or an HLS multivariant playlist. */
export interface PlaybackManifest {
  readonly durationSeconds: number;
  readonly tracks: readonly Track[];
  /** Every file that the manifest leads to, itself included. */
  readonly files: readonly string[];
}

/** A track without the fields that are unknown: an optional field is absent, never undefined. */
export function compactTrack(
  track: { [Key in keyof Track]: Track[Key] | undefined } & Pick<
    Track,
    'trackId' | 'kind' | 'profile' | 'codecs' | 'bandwidthBitsPerSecond' | 'files'
  >,
): Track {
  return Object.fromEntries(
    Object.entries(track).filter(([, value]) => value !== undefined),
  ) as unknown as Track;
}
