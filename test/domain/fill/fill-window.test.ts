import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillWindow, isTimeZone } from '#domain/fill/fill-window.ts';
import { epochMs } from '#domain/units.ts';

const at = (iso: string) => epochMs(Date.parse(iso));
const iso = (window: { startsAt: number; endsAt: number }) =>
  [window.startsAt, window.endsAt].map((instant) => new Date(instant).toISOString());
const night = (timeZone: string, windowStart = '02:00', windowEnd = '14:00') => ({
  timeZone,
  windowStart,
  windowEnd,
});

test('a name that is no zone is refused', () => {
  expect(isTimeZone('Mars/Olympus')).toBe(false);
  expect(isTimeZone('')).toBe(false);
  expect(isTimeZone('America/New_York')).toBe(true);
});

test('before it opens, the window is the next one', () => {
  expect(iso(fillWindow(night('Etc/UTC'), at('2026-11-10T01:59:59Z')))).toEqual([
    '2026-11-10T02:00:00.000Z',
    '2026-11-10T14:00:00.000Z',
  ]);
});

test('while it is open, the window is this one, up to the last millisecond', () => {
  for (const now of ['2026-11-10T02:00:00Z', '2026-11-10T13:59:59.999Z']) {
    expect(iso(fillWindow(night('Etc/UTC'), at(now)))[0]).toBe('2026-11-10T02:00:00.000Z');
  }
  expect(iso(fillWindow(night('Etc/UTC'), at('2026-11-10T14:00:00Z')))[0]).toBe(
    '2026-11-11T02:00:00.000Z',
  );
});

test('a window is in the local time of its site', () => {
  expect(iso(fillWindow(night('America/New_York'), at('2026-11-10T20:00:00Z')))).toEqual([
    '2026-11-11T07:00:00.000Z',
    '2026-11-11T19:00:00.000Z',
  ]);
  expect(iso(fillWindow(night('Asia/Kathmandu'), at('2026-11-10T00:00:00Z')))[0]).toBe(
    '2026-11-09T20:15:00.000Z',
  );
});

test('a window that crosses midnight is found from both of its days', () => {
  const late = night('Europe/Berlin', '22:00', '04:00');
  for (const now of ['2026-11-10T21:30:00Z', '2026-11-11T02:30:00Z']) {
    expect(iso(fillWindow(late, at(now)))).toEqual([
      '2026-11-10T21:00:00.000Z',
      '2026-11-11T03:00:00.000Z',
    ]);
  }
});

test('equal start and end mean the whole day', () => {
  const window = fillWindow(night('Etc/UTC', '02:00', '02:00'), at('2026-11-10T01:00:00Z'));
  expect(iso(window)).toEqual(['2026-11-09T02:00:00.000Z', '2026-11-10T02:00:00.000Z']);
});

test('a start that clocks skip in spring comes as long after the change as it says', () => {
  // Berlin, 2027-03-28: 02:00 becomes 03:00. 02:30 is 03:30 local, 01:30 UTC.
  const window = fillWindow(night('Europe/Berlin', '02:30', '14:00'), at('2027-03-28T00:00:00Z'));
  expect(iso(window)).toEqual(['2027-03-28T01:30:00.000Z', '2027-03-28T12:00:00.000Z']);
});

test('a start that comes twice in autumn means its first time', () => {
  // Berlin, 2026-10-25: 03:00 becomes 02:00. 02:30 is first at 00:30 UTC.
  const window = fillWindow(night('Europe/Berlin', '02:30', '14:00'), at('2026-10-25T00:00:00Z'));
  expect(iso(window)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-25T13:00:00.000Z']);
});

test('in every zone and at every instant: the window ends later than now, and began before it or within a day', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Pacific/Kiritimati',
    'Africa/Casablanca',
  ];
  const clockTime = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const instant = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2030-01-01') });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      clockTime,
      clockTime,
      instant,
      (zone, start, end, now) => {
        const daily = night(zone, start, end);
        const window = fillWindow(daily, epochMs(now));
        expect(window.endsAt).toBeGreaterThan(now);
        expect(window.startsAt - now).toBeLessThanOrEqual(25 * 3_600_000);
        expect(window.endsAt - window.startsAt).toBeLessThanOrEqual(25 * 3_600_000);
        expect(fillWindow(daily, epochMs(Math.max(now, window.startsAt)))).toEqual(window);
      },
    ),
    { seed: 20_266, numRuns: 300 },
  );
});
