import { type EpochMs, epochMs } from '#domain/units.ts';

/** A clock that tests turn by hand. */
export function handTurnedClock(startsAt = epochMs(1_800_000_000_000)) {
  let now: number = startsAt;
  return {
    now: (): EpochMs => epochMs(now),
    advance: (ms: number) => {
      now += ms;
    },
  };
}
