import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type DiskEvent,
  type DiskStatus,
  HUNG_MAX,
  isPlaceable,
  isReadable,
  learn,
  newDiskStatus,
  takesWrites,
} from '#domain/disks/disk-state.ts';
import type { DiskVitals } from '#domain/disks/judge-health.ts';
import { epochMs, milliseconds, seconds } from '#domain/units.ts';

const START = 1_000_000;
const failedRead = (path: string): DiskEvent => ({
  kind: 'io-error',
  operation: 'read',
  errno: 'EIO',
  path,
});
const failedReads = (count: number): DiskEvent[] =>
  Array.from({ length: count }, (_, index) => failedRead(`/d/${index}`));
const refusedWrite = (errno: string): DiskEvent => ({
  kind: 'io-error',
  operation: 'write',
  errno,
  path: '/d/a',
});
const writeError = refusedWrite('EIO');
const answered: DiskEvent = { kind: 'read-answered' };
const latency = (value: number, medianOfOthers: number, windowSeconds = 10): DiskEvent => ({
  kind: 'latency',
  percentile: 99,
  latency: milliseconds(value),
  medianOfOthers: milliseconds(medianOfOthers),
  duration: seconds(windowSeconds),
});
const vitals = (changes: Partial<DiskVitals>): DiskEvent => ({
  kind: 'health',
  vitals: { errorCounts: {}, ...changes },
});
const pending = (count: number) => vitals({ errorCounts: { 'pending sectors': count } });
/** Between every two of them a read is answered. */
const apart = (events: readonly DiskEvent[]): DiskEvent[] =>
  events.flatMap((event) => [event, answered]);
const times = (count: number, ...events: DiskEvent[]): DiskEvent[] =>
  Array.from({ length: count }, () => events).flat();

/** Events a second apart, unless told otherwise. */
const after = (events: readonly DiskEvent[], stepMs = 1000): DiskStatus =>
  events.reduce(
    (status, event, index) => learn(status, event, epochMs(START + (index + 1) * stepMs)),
    newDiskStatus(epochMs(START)),
  );

describe('what makes a disk what', () => {
  const cases: [string, DiskEvent[], string, RegExp | undefined][] = [
    ['four read errors in a row', failedReads(4), 'healthy', undefined],
    ['five read errors in a row', failedReads(5), 'failed', /^EIO on 5 reads in a row$/],
    ['errors with answers between', apart(failedReads(6)), 'healthy', undefined],
    ['20 errors in 10 minutes', apart(failedReads(20)), 'failed', /20 reads within 10 min/],
    ['a refused write', [writeError], 'read-only', /^EIO on write$/],
    [
      'a filesystem that made itself read-only',
      [refusedWrite('EROFS')],
      'read-only',
      /^EROFS on write$/,
    ],
    [
      'a refused write, and reads that fail too (XFS)',
      [writeError, ...failedReads(5)],
      'failed',
      /EIO on 5 reads/,
    ],
    [
      'a device that is gone',
      [{ kind: 'io-error', operation: 'read', errno: 'ENXIO', path: '/d/a' }],
      'failed',
      /^ENXIO on read$/,
    ],
    ['an error that does not speak of the medium', [refusedWrite('ENOSPC')], 'healthy', undefined],
    ['no answer for seconds', [{ kind: 'hung', duration: seconds(6) }], 'slow', /^hung/],
    ['no answer for minutes', [{ kind: 'hung', duration: HUNG_MAX }], 'failed', /for 180 s$/],
    [
      'an answer at last',
      [{ kind: 'hung', duration: seconds(6) }, { kind: 'answered' }],
      'healthy',
      undefined,
    ],
    ['five windows of ten times the median', times(5, latency(101, 10)), 'healthy', undefined],
    [
      'six windows of ten times the median',
      times(6, latency(101, 10)),
      'slow',
      /^p99 of reads 101/,
    ],
    [
      'one long window of a disk that is read seldom',
      [latency(101, 10, 300)],
      'healthy',
      undefined,
    ],
    ['two of them', times(2, latency(101, 10, 300)), 'slow', /^p99/],
    [
      'six windows with a calm one between',
      [...times(3, latency(101, 10)), latency(9, 10), ...times(3, latency(101, 10))],
      'healthy',
      undefined,
    ],
    [
      'still above five times the median',
      [...times(6, latency(101, 10)), ...times(20, latency(60, 10))],
      'slow',
      /^p99/,
    ],
    [
      'six calm windows after slow ones',
      [...times(6, latency(101, 10)), ...times(6, latency(40, 10))],
      'healthy',
      undefined,
    ],
    [
      'a warning of its own',
      [pending(8), pending(9)],
      'read-only',
      /^pending sectors rose from 8 to 9$/,
    ],
    [
      'a warning that is over',
      [vitals({ temperatureCelsius: 61 }), vitals({ temperatureCelsius: 60 })],
      'healthy',
      undefined,
    ],
    ['a disk that was pulled', [{ kind: 'withdrawn', reason: 'pulled' }], 'failed', /^pulled$/],
    ['the same disk put back', [...failedReads(5), { kind: 'returned' }], 'healthy', undefined],
    ['a new disk in its place', [writeError, { kind: 'replaced' }], 'replaced', /not filled/],
    [
      'a new disk that has been filled',
      [writeError, { kind: 'replaced' }, { kind: 'filled' }],
      'healthy',
      undefined,
    ],
  ];
  test.each(cases)('%s', (_name, events, state, reason) => {
    const { condition } = after(events);
    expect(condition.state).toBe(state);
    if (reason) expect(condition.reason).toMatch(reason);
    else expect(condition.reason).toBeUndefined();
  });
});

test('a file that many ask for counts once a minute: one bad sector condemns no disk, five minutes of it do', () => {
  const errors = times(40, failedRead('/d/a'));
  expect(after(errors, 100).condition.state).toBe('healthy');
  expect(after(errors, 5000).readErrorsInRow).toBe(4);
  expect(after(times(5, failedRead('/d/a')), 60_000).condition.state).toBe('failed');
});

test('what a disk said first of itself is the measure, until another medium or the operator sets it anew', () => {
  const drained = [pending(8), pending(9)];
  expect(after([...drained, { kind: 'returned' }, pending(9)]).condition.state).toBe('read-only');
  for (const kind of ['replaced', 'reinstated'] as const) {
    const status = after([...drained, { kind }, pending(9)]);
    expect(isPlaceable(status)).toBe(true);
    expect(status.vitalsCountFrom).toBe(START + 3000);
    expect(isPlaceable(after([...drained, { kind }, pending(9), pending(10)]))).toBe(false);
  }
});

test('read errors that are more than ten minutes old are forgotten', () => {
  const { condition } = after(apart(failedReads(40)), 31_000);
  expect(condition.state).toBe('healthy');
});

test('a state is as old as its beginning, although its reason changes', () => {
  const status = after([
    { kind: 'withdrawn', reason: 'pulled' },
    answered,
    { kind: 'withdrawn', reason: 'blank disk mounted' },
  ]);
  expect(status.condition).toEqual({
    state: 'failed',
    reason: 'blank disk mounted',
    since: START + 1000,
  });
});

test('what may be done with a disk follows from what is known of it', () => {
  const mayDo = (...events: DiskEvent[]) => {
    const status = after(events);
    return [isReadable(status), takesWrites(status), isPlaceable(status)];
  };
  expect(mayDo()).toEqual([true, true, true]);
  expect(mayDo(writeError)).toEqual([true, false, false]);
  expect(mayDo({ kind: 'hung', duration: seconds(6) })).toEqual([true, true, false]);
  expect(mayDo(...times(6, latency(101, 10)))).toEqual([true, true, false]);
  expect(mayDo(vitals({ isPassed: false }))).toEqual([true, true, false]);
  expect(mayDo(vitals({ temperatureCelsius: 61 }))).toEqual([true, true, true]);
  expect(mayDo({ kind: 'withdrawn', reason: 'pulled' })).toEqual([false, false, false]);
  expect(mayDo({ kind: 'replaced' })).toEqual([true, true, true]);
});

const anyEvent: fc.Arbitrary<DiskEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('io-error' as const),
    operation: fc.constantFrom('read' as const, 'write' as const),
    errno: fc.constantFrom('EIO', 'EROFS', 'ENXIO', 'ENOSPC', 'ENOENT'),
    path: fc.constantFrom('/d/a', '/d/b', '/d/c', '/d/d', '/d/e', '/d/f'),
  }),
  fc.constantFrom<DiskEvent>(
    { kind: 'read-answered' },
    { kind: 'answered' },
    { kind: 'returned' },
    { kind: 'reinstated' },
    { kind: 'replaced' },
    { kind: 'filled' },
    { kind: 'withdrawn', reason: 'pulled' },
    vitals({}),
    vitals({ isPassed: false }),
    vitals({ temperatureCelsius: 61 }),
  ),
  fc.nat(300_000).map((value): DiskEvent => ({ kind: 'hung', duration: milliseconds(value) })),
  fc
    .tuple(fc.nat(500), fc.nat(50), fc.nat(600))
    .map(([value, median, windowSeconds]) => latency(value, median, windowSeconds)),
);

test('whatever happens, a disk that has failed stays so until it is returned, reinstated or replaced, and every bad state has a reason', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 200 }), (events) => {
      let status = newDiskStatus(epochMs(START));
      for (const [index, event] of events.entries()) {
        const before = status;
        status = learn(status, event, epochMs(START + index * 1000));
        const { state, reason, since } = status.condition;
        expect(reason === undefined).toBe(state === 'healthy');
        expect(since).toBeLessThanOrEqual(START + index * 1000);
        expect(since >= before.condition.since).toBe(true);
        if (before.condition.state === 'failed' && state !== 'failed')
          expect(['returned', 'reinstated', 'replaced']).toContain(event.kind);
        if (before.unwritable !== undefined && takesWrites(status))
          expect(['returned', 'reinstated', 'replaced']).toContain(event.kind);
        expect(isPlaceable(status) && !isReadable(status)).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});
