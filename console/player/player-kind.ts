import type { PlaybackSession } from '#protocol/playback.ts';

export type PlayerKind = 'dashjs' | 'hlsjs' | 'shaka-dash' | 'shaka-hls';

export const PLAYERS: readonly { readonly kind: PlayerKind; readonly label: string }[] = [
  { kind: 'dashjs', label: 'dash.js' },
  { kind: 'hlsjs', label: 'hls.js' },
  { kind: 'shaka-dash', label: 'Shaka DASH' },
  { kind: 'shaka-hls', label: 'Shaka HLS' },
];

/** What `kind` is to load; undefined when the title was not published in its format. */
export const sourceUrl = (session: PlaybackSession, kind: PlayerKind): string | undefined =>
  kind === 'dashjs' || kind === 'shaka-dash' ? session.dashUrl : session.hlsUrl;
