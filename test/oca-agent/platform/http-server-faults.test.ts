import { expect, test } from '@jest/globals';
import { FaultAllowance } from '../../../oca-agent/platform/http-server-faults.ts';
import { FAULTS } from '../../../oca-agent/platform/http-server-limits.ts';

/** How many faults in a row are let pass. */
function taken(allowance: FaultAllowance, nowMs: number): number {
  let count = 0;
  while (allowance.take(nowMs)) count += 1;
  return count;
}

test('a client has a burst of faults, and regains some with every second, never more than the burst', () => {
  const allowance = new FaultAllowance(0);
  expect(taken(allowance, 0)).toBe(FAULTS.burst);
  expect(taken(allowance, 2000)).toBe(2 * FAULTS.perSecond - 1);
  expect(taken(allowance, 1e9)).toBe(FAULTS.burst);
});

test('a client that stays below the rate is never refused', () => {
  const allowance = new FaultAllowance(0);
  const stepMs = 1000 / FAULTS.perSecond;
  for (let index = 1; index <= 10_000; index += 1)
    expect(allowance.take(index * stepMs)).toBe(true);
});
