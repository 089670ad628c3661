import type { Clock } from '#domain/clock.ts';
import { epochMs } from '#domain/units.ts';

/** What handlers need of time. */
export type Now = Pick<Clock, 'now'>;

export const wallClock: Now = { now: () => epochMs(Date.now()) };
