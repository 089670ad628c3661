import { httpDate } from '../delivery/conditional-request.ts';
import { type EpochMs, epochMs } from '../units.ts';

const RFC_850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^([A-Z][a-z]{2}) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;
const YEAR_MS = 365.2425 * 86_400_000;

/**
 * An HTTP-date in the form that is written today or in one of the two that were, else undefined. A year of two digits that
 * would lie more than 50 years ahead is the last one that ended so. Source: RFC 9110 §5.6.7.
 */
export function readHttpDate(text: string | undefined, now: EpochMs): EpochMs | undefined {
  if (text === undefined) return undefined;
  const value = text.trim();
  const readMs = httpDate(value) ?? asctime(value) ?? rfc850(value, now);
  return readMs === undefined ? undefined : epochMs(readMs);
}

function asctime(text: string): number | undefined {
  const [whole, weekday, month, day = '', time, year] = ASCTIME.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return httpDate(`${weekday}, ${day.replace(' ', '0')} ${month} ${year} ${time} GMT`);
}

function rfc850(text: string, now: EpochMs): number | undefined {
  const [whole, day, month, year, time] = RFC_850.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const inCentury = (century: number) =>
    httpDate(`Day, ${day} ${month} ${century}${year} ${time} GMT`);
  const century = Math.floor((1970 + now / YEAR_MS) / 100);
  const readMs = inCentury(century);
  if (readMs === undefined || readMs - now <= 50 * YEAR_MS) return readMs;
  return inCentury(century - 1);
}
