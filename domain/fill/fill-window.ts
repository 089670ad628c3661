import { type EpochMs, epochMs } from '../units.ts';

/** A site's daily fill window in its own wall-clock time: `HH:MM`, crossing midnight when the end is not after the start. */
export interface DailyWindow {
  /** IANA time zone. */
  readonly timeZone: string;
  readonly windowStart: string;
  readonly windowEnd: string;
}

export interface FillWindow {
  readonly startsAt: EpochMs;
  readonly endsAt: EpochMs;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The window that is open at `now`, else the next one. Equal start and end mean the whole day. */
export function fillWindow(daily: DailyWindow, now: EpochMs): FillWindow {
  const today = Math.floor((now + offsetMs(daily.timeZone, now)) / DAY_MS);
  const windows = [-1, 0, 1, 2].map((days) => windowOfDay(daily, today + days));
  const window = windows.find((candidate) => candidate.endsAt > now);
  if (!window) throw new RangeError(`no fill window after ${now} in ${daily.timeZone}`);
  return window;
}

/** Whether `timeZone` names a zone that this runtime knows. */
export function isTimeZone(timeZone: string): boolean {
  try {
    offsetFormat(timeZone);
    return true;
  } catch {
    return false;
  }
}

function windowOfDay(daily: DailyWindow, localDay: number): FillWindow {
  const start = minutesOf(daily.windowStart);
  const end = minutesOf(daily.windowEnd);
  const endDay = end > start ? localDay : localDay + 1;
  return {
    startsAt: instantOf(daily.timeZone, localDay * DAY_MS + start * MINUTE_MS),
    endsAt: instantOf(daily.timeZone, endDay * DAY_MS + end * MINUTE_MS),
  };
}

/**
 * The instant of a wall-clock reading, given as if it were UTC. A reading that comes twice when clocks go back means
 * its first time; one that is skipped when they go forward means as long after the change as it says.
 */
function instantOf(timeZone: string, localMs: number): EpochMs {
  const before = offsetMs(timeZone, localMs - DAY_MS);
  const after = offsetMs(timeZone, localMs + DAY_MS);
  const genuine = [before, after].filter(
    (offset) => offsetMs(timeZone, localMs - offset) === offset,
  );
  return epochMs(localMs - (genuine[0] ?? before));
}

/** What the zone's clocks are ahead of UTC at an instant, from the runtime's own time zone database: `GMT-04:00`. */
function offsetMs(timeZone: string, instant: number): number {
  const name = offsetFormat(timeZone)
    .formatToParts(instant)
    .find((part) => part.type === 'timeZoneName')?.value;
  const [, sign, hours, minutes = '0', seconds = '0'] =
    /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? '') ?? [];
  if (hours === undefined) return 0;
  const magnitude = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1000;
  return sign === '-' ? -magnitude : magnitude;
}

/** Building a formatter costs far more than using it, and a fleet has few zones. */
const formatByZone = new Map<string, Intl.DateTimeFormat>();

function offsetFormat(timeZone: string): Intl.DateTimeFormat {
  const present = formatByZone.get(timeZone);
  if (present) return present;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formatByZone.set(timeZone, format);
  return format;
}

function minutesOf(wallClock: string): number {
  const [hours = 0, minutes = 0] = wallClock.split(':').map(Number);
  return hours * 60 + minutes;
}
