import type { Clock } from '#domain/clock.ts';
import { type EpochMs, elapsed, seconds } from '#domain/units.ts';
import { LruMap } from './lru-map.ts';

/** A player that paused longer than this begins anew elsewhere. Assumption: longer than any player's buffer. */
const SESSION_IDLE_MAX = seconds(300);
const SESSIONS_MAX = 100_000;

/** Tells sessions that are under way from new ones, so that shedding load never breaks a running playback. */
export class SessionAdmission {
  readonly #clock: Clock;
  readonly #seenAt = new LruMap<string, EpochMs>(SESSIONS_MAX);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the session may go on, or begin while `isOpen`. An admitted session is under way from then on. */
  admit(sessionId: string, isOpen: boolean): boolean {
    const now = this.#clock.now();
    const seenAt = this.#seenAt.get(sessionId);
    const isUnderWay = seenAt !== undefined && elapsed(seenAt, now) < SESSION_IDLE_MAX;
    if (!isUnderWay && !isOpen) return false;
    this.#seenAt.set(sessionId, now);
    return true;
  }
}
