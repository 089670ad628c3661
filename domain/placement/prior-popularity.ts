import { type EpochMs, elapsed } from '../units.ts';

/** One encoding's place in its title's ladder. */
export interface LadderTrack {
  readonly trackId: string;
  readonly kind: 'video' | 'audio' | 'text';
  readonly bandwidthBitsPerSecond: number;
}

/** Plays a day that a new title is given before anybody has watched it. Only ratios between titles matter. *Assumption.* */
const NEW_TITLE_PLAYS = 10_000;
/** *Assumption:* interest in a title halves in three weeks, the order of a title's stay in weekly top-10 lists. */
const HALF_LIFE_DAYS = 21;
/** The tail never quite dies, or old titles would be ordered by age alone. *Assumption.* */
const FLOOR_PLAYS = 10;
const DAY_MS = 86_400_000;

/** Expected plays of a title in a day, from its age alone: what placement uses until plays are observed. */
export function priorPopularity(publishedAt: EpochMs, now: EpochMs): number {
  const ageDays = elapsed(publishedAt, now) / DAY_MS;
  return FLOOR_PLAYS + NEW_TITLE_PLAYS * 2 ** (-ageDays / HALF_LIFE_DAYS);
}

/**
 * The share of a title's plays that touches a file of a track. Viewers get the highest rung that their line carries,
 * so rungs are weighed by bandwidth; sound and text are weighed equally among themselves. *Assumption.* A file of no
 * track (an MPD, a playlist) is read by every session.
 */
export function trackShare(trackId: string | undefined, tracks: readonly LadderTrack[]): number {
  const track = tracks.find((candidate) => candidate.trackId === trackId);
  if (!track) return 1;
  const alike = tracks.filter((candidate) => candidate.kind === track.kind);
  if (track.kind !== 'video') return 1 / alike.length;
  const total = alike.reduce((sum, candidate) => sum + candidate.bandwidthBitsPerSecond, 0);
  return total > 0 ? track.bandwidthBitsPerSecond / total : 1 / alike.length;
}
