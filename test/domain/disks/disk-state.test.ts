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
import { epochMs, milliseconds, seconds } from '#domain/units.ts';

const START = 1_000_000;
const readError: DiskEvent = { kind: 'io-error', operation: 'read', errno: 'EIO' };
const writeError: DiskEvent = { kind: 'io-error', operation: 'write', errno: 'EIO' };
const answered: DiskEvent = { kind: 'read-answered' };
const latency = (p99: number, medianOfOthers: number): DiskEvent => ({
  kind: 'latency',
  p99: milliseconds(p99),
  medianOfOthers: milliseconds(medianOfOthers),
});
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
    ['four read errors in a row', times(4, readError), 'healthy', undefined],
    ['five read errors in a row', times(5, readError), 'failed', /^EIO on 5 reads in a row$/],
    ['errors with answers between', times(6, readError, answered), 'healthy', undefined],
    ['20 errors in 10 minutes', times(20, readError, answered), 'failed', /20 reads within 10 min/],
    ['a refused write', [writeError], 'read-only', /^EIO on write$/],
    [
      'a filesystem that made itself read-only',
      [{ kind: 'io-error', operation: 'write', errno: 'EROFS' }],
      'read-only',
      /^EROFS on write$/,
    ],
    [
      'a refused write, and reads that fail too (XFS)',
      [writeError, ...times(5, readError)],
      'failed',
      /EIO on 5 reads/,
    ],
    [
      'a device that is gone',
      [{ kind: 'io-error', operation: 'read', errno: 'ENXIO' }],
      'failed',
      /^ENXIO on read$/,
    ],
    [
      'an error that does not speak of the medium',
      [{ kind: 'io-error', operation: 'write', errno: 'ENOSPC' }],
      'healthy',
      undefined,
    ],
    ['no answer for seconds', [{ kind: 'hung', duration: seconds(6) }], 'slow', /^hung/],
    ['no answer for minutes', [{ kind: 'hung', duration: HUNG_MAX }], 'failed', /for 180 s$/],
    [
      'an answer at last',
      [{ kind: 'hung', duration: seconds(6) }, { kind: 'answered' }],
      'healthy',
      undefined,
    ],
    ['five windows of ten times the median', times(5, latency(101, 10)), 'healthy', undefined],
    ['six windows of ten times the median', times(6, latency(101, 10)), 'slow', /^p99 101 ms/],
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
      [{ kind: 'health', finding: { advice: 'drain', reason: 'pending sectors' } }],
      'read-only',
      /^pending sectors$/,
    ],
    [
      'a warning that is over',
      [
        { kind: 'health', finding: { advice: 'spare', reason: '61 °C' } },
        { kind: 'health', finding: undefined },
      ],
      'healthy',
      undefined,
    ],
    ['a disk that was pulled', [{ kind: 'withdrawn', reason: 'pulled' }], 'failed', /^pulled$/],
    [
      'the same disk put back',
      [...times(5, readError), { kind: 'returned' }],
      'healthy',
      undefined,
    ],
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

test('read errors that are more than ten minutes old are forgotten', () => {
  const { condition } = after(times(40, readError, answered), 31_000);
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
  const drain = { advice: 'drain', reason: 'worn' } as const;
  expect(mayDo({ kind: 'health', finding: drain })).toEqual([true, true, false]);
  expect(mayDo({ kind: 'health', finding: { advice: 'spare', reason: 'warm' } })).toEqual([
    true,
    true,
    true,
  ]);
  expect(mayDo({ kind: 'withdrawn', reason: 'pulled' })).toEqual([false, false, false]);
  expect(mayDo({ kind: 'replaced' })).toEqual([true, true, true]);
});

const anyEvent: fc.Arbitrary<DiskEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('io-error' as const),
    operation: fc.constantFrom('read' as const, 'write' as const),
    errno: fc.constantFrom('EIO', 'EROFS', 'ENXIO', 'ENOSPC', 'ENOENT'),
  }),
  fc.constantFrom<DiskEvent>(
    { kind: 'read-answered' },
    { kind: 'answered' },
    { kind: 'returned' },
    { kind: 'replaced' },
    { kind: 'filled' },
    { kind: 'withdrawn', reason: 'pulled' },
    { kind: 'health', finding: undefined },
    { kind: 'health', finding: { advice: 'drain', reason: 'worn' } },
    { kind: 'health', finding: { advice: 'spare', reason: 'warm' } },
  ),
  fc.nat(300_000).map((value): DiskEvent => ({ kind: 'hung', duration: milliseconds(value) })),
  fc.tuple(fc.nat(500), fc.nat(50)).map(([p99, median]) => latency(p99, median)),
);

test('whatever happens, a disk that has failed stays so until it is returned or replaced, and every bad state has a reason', () => {
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
          expect(['returned', 'replaced']).toContain(event.kind);
        if (before.unwritable !== undefined && takesWrites(status))
          expect(['returned', 'replaced']).toContain(event.kind);
        expect(isPlaceable(status) && !isReadable(status)).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});
