import type { PlaybackSession } from '#protocol/playback.ts';
import { UNKNOWN } from './format.ts';

export interface BaseUrl {
  readonly label: string;
  readonly url: string;
}

/** The doors of the CDN, each in its place from the start, so that the header does not jump. */
export function baseUrls(origin: string, session: PlaybackSession | undefined): BaseUrl[] {
  const cloudFront = session?.pathways.find(({ layer }) => layer === 'cloudfront')?.host;
  return [
    { label: 'Playback and control', url: origin },
    { label: 'CloudFront', url: cloudFront ?? UNKNOWN },
  ];
}
