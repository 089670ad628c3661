import { expect, test } from '@jest/globals';
import {
  isFillBehind,
  type OcaFacts,
  type OcaReportFacts,
  watchSite,
} from '#domain/health/watch-fleet.ts';
import type { OcaId, SiteId } from '#domain/ids.ts';
import { bitsPerSecond, bytes, epochMs, seconds } from '#domain/units.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The fill window is 02:00 to 08:00, UTC. */
const NOON = Date.UTC(2026, 10, 23, 12);
const fill = {
  timeZone: 'Etc/UTC',
  windowStart: '02:00',
  windowEnd: '08:00',
  ocaBitsPerSecond: bitsPerSecond(1e9),
  siteBitsPerSecond: bitsPerSecond(1.5e9),
};

const reportOf = (ageMs: number, overrides: Partial<OcaReportFacts> = {}): OcaReportFacts => ({
  receivedAt: epochMs(NOON - ageMs),
  state: 'in-service',
  disksFailed: 0,
  fill: { bytesLeft: bytes(0) },
  ...overrides,
});

const oca = (overrides: Partial<OcaFacts> = {}): OcaFacts => ({
  ocaId: 'oca-1' as OcaId,
  siteId: 'site' as SiteId,
  isFromEc2: false,
  isRegistered: true,
  desiredState: 'in-service',
  report: reportOf(1000),
  ...overrides,
});

const verdictOf = (facts: OcaFacts, isHearing = true) => {
  const rules = { now: epochMs(NOON), lease: seconds(6), isHearing, fill };
  const [verdict] = watchSite([facts], rules);
  return verdict;
};

test('an OCA that reports is neither silent nor out of service', () => {
  expect(verdictOf(oca())).toMatchObject({
    isWatched: true,
    isSilent: false,
    isOutOfService: false,
    isFillBehind: false,
    isToBeRetired: false,
  });
});

test.each([
  ['two minutes', 2 * MINUTE, false],
  ['a millisecond more', 2 * MINUTE + 1, true],
])(
  'after %s without a report an OCA that is out of service already is silent: %s ms',
  (_, age, isSilent) => {
    expect(verdictOf(oca({ report: reportOf(age) }))).toMatchObject({
      isOutOfService: true,
      isSilent,
    });
  },
);

test('one whose last report is forgotten is silent', () => {
  const { report: _, ...forgotten } = oca();
  expect(verdictOf(forgotten)).toMatchObject({ isSilent: true, isOutOfService: true });
});

test('one that never registered, and one that is drained, are nobody’s trouble', () => {
  const troubled = { report: reportOf(HOUR, { fill: { bytesLeft: bytes(9) }, disksFailed: 1 }) };
  for (const facts of [{ isRegistered: false }, { desiredState: 'draining' as const }]) {
    expect(verdictOf(oca({ ...troubled, ...facts }))).toMatchObject({
      isWatched: false,
      isSilent: false,
      isOutOfService: false,
      isFillBehind: false,
    });
  }
});

test('an EC2 instance whose last word was that it stops has left in order; an appliance has not', () => {
  const report = reportOf(5 * MINUTE, { state: 'draining' });
  expect(verdictOf(oca({ report, isFromEc2: true }))).toMatchObject({ isWatched: false });
  expect(verdictOf(oca({ report }))).toMatchObject({ isSilent: true });
  const crashed = reportOf(5 * MINUTE);
  expect(verdictOf(oca({ report: crashed, isFromEc2: true }))).toMatchObject({ isSilent: true });
});

test.each([
  ['silent for an hour', { report: reportOf(HOUR) }, false],
  ['silent for longer', { report: reportOf(HOUR + 1) }, true],
  ['an appliance', { report: reportOf(2 * HOUR), isFromEc2: false }, false],
])('an EC2 instance is retired after an hour of silence: %s', (_, facts, isToBeRetired) => {
  expect(verdictOf(oca({ isFromEc2: true, ...facts }))).toMatchObject({ isToBeRetired });
});

test('one that enrolled and never reported is given its hour from there', () => {
  const { report: _, ...silent } = oca({ isFromEc2: true });
  const enrolled = (ageMs: number) => ({ ...silent, enrolledAt: epochMs(NOON - ageMs) });
  expect(verdictOf(silent)).toMatchObject({ isToBeRetired: false });
  expect(verdictOf(enrolled(MINUTE))).toMatchObject({ isToBeRetired: false });
  expect(verdictOf(enrolled(HOUR + 1))).toMatchObject({ isToBeRetired: true });
});

test('while nobody’s reports come in, nobody is retired: the fault is ours', () => {
  const gone = oca({ isFromEc2: true, report: reportOf(2 * HOUR) });
  expect(verdictOf(gone, false)).toMatchObject({ isToBeRetired: false });
});

const at = (hour: number, minute = 0, day = 23) => epochMs(Date.UTC(2026, 10, day, hour, minute));
/** 1 Gbit/s carries 450 GB an hour. */
const HOURS_WORTH = 450e9;

test.each([
  ['an hour before the end what just fits', at(7), HOURS_WORTH, false],
  ['an hour before the end a byte too much', at(7), HOURS_WORTH + 1, true],
  ['ten minutes before the end', at(7, 50), HOURS_WORTH / 6 + 1, true],
  ['more than an hour before the end', at(6, 59), 1e15, false],
  ['nothing left', at(7, 59), 0, false],
  ['after the window', at(8, 1), 1, true],
  ['after the window, by the evening', at(23), 1, true],
])('a plan made the evening before, %s', (_, now, bytesLeft, expected) => {
  const facts = { plannedAt: at(20, 0, 22), bytesLeft: bytes(bytesLeft) };
  expect(isFillBehind(facts, { now, fill, filling: 1 })).toBe(expected);
});

test('a new plan that waits for its window, or is filled at once, is not behind', () => {
  const isBehind = (plannedAt: number, now: number) =>
    isFillBehind(
      { plannedAt: epochMs(plannedAt), bytesLeft: bytes(1e15) },
      { now: epochMs(now), fill, filling: 1 },
    );
  expect(isBehind(at(20), at(21))).toBe(false);
  expect(isBehind(at(3), at(7, 59))).toBe(false);
  expect(isBehind(at(3), at(9))).toBe(false);
  expect(isFillBehind({ bytesLeft: bytes(1) }, { now: at(9), fill, filling: 1 })).toBe(false);
});

test('OCAs that fill at once share the site’s rate', () => {
  const facts = { plannedAt: at(20, 0, 22), bytesLeft: bytes(HOURS_WORTH * 0.6) };
  expect(isFillBehind(facts, { now: at(7), fill, filling: 2 })).toBe(false);
  expect(isFillBehind(facts, { now: at(7), fill, filling: 3 })).toBe(true);
});

test('a window that crosses midnight, and one shorter than an hour, are found as well', () => {
  const night = { ...fill, windowStart: '23:00', windowEnd: '01:00' };
  const short = { ...fill, windowStart: '02:00', windowEnd: '02:30' };
  const left = { bytesLeft: bytes(1) };
  const evening = { ...left, plannedAt: at(20, 0, 22) };
  expect(isFillBehind(evening, { now: at(2), fill: night, filling: 1 })).toBe(true);
  expect(
    isFillBehind({ ...left, plannedAt: at(23, 30, 22) }, { now: at(2), fill: night, filling: 1 }),
  ).toBe(false);
  expect(isFillBehind(evening, { now: at(3), fill: short, filling: 1 })).toBe(true);
  expect(isFillBehind({ ...left, plannedAt: at(4) }, { now: at(5), fill: short, filling: 1 })).toBe(
    false,
  );
});

test('of a window that leaves an hour of the day, the one before is found', () => {
  const long = { ...fill, windowStart: '02:00', windowEnd: '01:00' };
  const facts = { plannedAt: at(20, 0, 21), bytesLeft: bytes(1) };
  expect(isFillBehind(facts, { now: at(1, 30), fill: long, filling: 1 })).toBe(true);
  const within = { ...facts, plannedAt: at(3, 0, 22) };
  expect(isFillBehind(within, { now: at(1, 30), fill: long, filling: 1 })).toBe(false);
});
