import { expect, test } from '@jest/globals';
import { judgeOca } from '#domain/health/judge-oca.ts';
import { epochMs, seconds } from '#domain/units.ts';

const NOW = epochMs(1_800_000_000_000);
const lease = seconds(6);
const reported = (
  ageMs: number,
  state: 'in-service' | 'draining' | 'out-of-service',
  ...reasons: string[]
) => ({
  report: { receivedAt: epochMs(NOW - ageMs), state, reasons },
});
const wanted = { now: NOW, lease, desiredState: 'in-service' as const };

test('an OCA that never reported is out of service', () => {
  expect(judgeOca(wanted)).toEqual({
    state: 'out-of-service',
    reasons: ['it has not reported yet'],
  });
});

test('silence for longer than the lease is out of service, whatever was said last', () => {
  const judged = judgeOca({ ...wanted, ...reported(6001, 'in-service') });
  expect(judged.state).toBe('out-of-service');
  expect(judged.reasons).toEqual(['its last report is 6.0 s old, more than its lease of 6 s']);
});

test('a report counts for the whole of its lease', () => {
  expect(judgeOca({ ...wanted, ...reported(6000, 'in-service') }).state).toBe('in-service');
});

test('a clock of ours that stepped back does not age a report', () => {
  expect(judgeOca({ ...wanted, ...reported(-60_000, 'in-service') }).state).toBe('in-service');
});

test('an OCA that the operator drains is draining though it says that it is in service', () => {
  const judged = judgeOca({ ...wanted, desiredState: 'draining', ...reported(0, 'in-service') });
  expect(judged).toEqual({ state: 'draining', reasons: ['the operator drains it'] });
});

test('an OCA that is out of service stays so while it is drained', () => {
  const evidence = reported(0, 'out-of-service', 'no disk is healthy');
  const judged = judgeOca({ ...wanted, desiredState: 'draining', ...evidence });
  expect(judged.state).toBe('out-of-service');
  expect(judged.reasons).toContain('no disk is healthy');
});

test('reasons are kept for an OCA that serves in spite of them', () => {
  const judged = judgeOca({ ...wanted, ...reported(0, 'in-service', 'disk hdd-b has failed') });
  expect(judged).toEqual({ state: 'in-service', reasons: ['disk hdd-b has failed'] });
});
