import { expect, test } from '@jest/globals';
import type { DiskState } from '#domain/disks/disk-state.ts';
import type { EpochMs } from '#domain/units.ts';
import { type ConditionFacts, judgeCondition } from '../../oca-agent/condition.ts';

const well: ConditionFacts = {
  isStopping: false,
  isDrainedHere: false,
  isDrainDesired: false,
  isTokenRequired: true,
  hasTokenKeys: true,
  hasUpstream: true,
  certificateExpiredAt: undefined,
  disks: [
    { diskId: 'a', state: 'healthy' },
    { diskId: 'b', state: 'healthy' },
  ],
  connections: 10,
  connectionsMax: 10,
  egressBitsPerSecond: 100,
  egressBitsPerSecondMax: 100,
};
const judge = (changes: Partial<ConditionFacts>) => judgeCondition({ ...well, ...changes });

test('an OCA at its limits, but not beyond, is in service without a reason', () => {
  expect(judge({})).toEqual({ state: 'in-service', reasons: [], shedding: undefined });
});

test.each([
  [{ isStopping: true }, 'draining', 'the agent is stopping', 'draining'],
  [{ isDrainedHere: true }, 'draining', 'drained on the appliance', 'draining'],
  [{ isDrainDesired: true }, 'draining', 'drained by the control plane', 'draining'],
  [{ connections: 11 }, 'in-service', '11 of 10 connections', 'overloaded'],
  [{ egressBitsPerSecond: 101 }, 'in-service', 'egress of 101 of 100 bit/s', 'overloaded'],
  [{ diskHealthTrouble: 'missing' }, 'in-service', "the disks' health: missing", undefined],
  [{ hasUpstream: false }, 'out-of-service', 'not registered yet', undefined],
  [
    { serverCertificateExpiredAt: 1_800_000_000_000 as EpochMs },
    'out-of-service',
    'the certificate for clients ran out on 2027-01-15',
    undefined,
  ],
  [{ hasTokenKeys: false }, 'out-of-service', 'no session token key yet', undefined],
] as const)('%j', (changes, state, reason, shedding) => {
  expect(judge(changes)).toEqual({ state, reasons: [reason], shedding });
});

test('one failed disk is a reason, all of them are the end of service', () => {
  const disks = (second: DiskState) => [
    { diskId: 'a', state: 'failed' as const, reason: 'EIO' },
    { diskId: 'b', state: second, reason: 'EIO' },
  ];
  expect(judge({ disks: disks('healthy') })).toMatchObject({
    state: 'in-service',
    reasons: ['disk a failed: EIO'],
  });
  expect(judge({ disks: disks('failed') })).toMatchObject({
    state: 'out-of-service',
    reasons: ['every disk has failed', 'disk a failed: EIO', 'disk b failed: EIO'],
  });
});

test.each(['slow', 'read-only', 'replaced'] as const)(
  'a disk that is %s is a reason, though the OCA serves on',
  (state) => {
    const disks = [{ diskId: 'a', state, reason: 'because' }];
    expect(judge({ disks })).toEqual({
      state: 'in-service',
      reasons: [`disk a ${state}: because`],
      shedding: undefined,
    });
  },
);

test('where tokens are off no token key is needed', () => {
  expect(judge({ isTokenRequired: false, hasTokenKeys: false }).state).toBe('in-service');
});
