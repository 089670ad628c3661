import { expect, test } from '@jest/globals';
import {
  describeAction,
  EFFECT_TIMEOUT_MS,
  type FleetAction,
  planVersionMax,
  settle,
} from '../../../console/model/fleet-action.ts';
import { fillOf, fleetOf, NOW, ocaOf, reportOf } from './fleets.ts';

const action = (some: Partial<FleetAction> = {}): FleetAction => ({
  verb: 'stop',
  ocaId: 'metro-1',
  phase: 'awaiting',
  startedAt: NOW,
  planVersionBefore: 3,
  ...some,
});

const seen = (
  some: { isRunning?: boolean; oca?: Parameters<typeof ocaOf>[0]; now?: number } = {},
) => ({
  fleet: fleetOf(ocaOf(some.oca)),
  localOcas: [{ ocaId: 'metro-1', isRunning: some.isRunning ?? true }],
  now: some.now ?? NOW,
});

test('an action whose request is still under way is not judged', () => {
  const sending = action({ phase: 'sending' });
  expect(settle(sending, seen({ isRunning: false, now: NOW + EFFECT_TIMEOUT_MS }))).toBe(sending);
});

test('an accepted action without effect fails after a while, and not before', () => {
  expect(settle(action(), seen({ now: NOW + EFFECT_TIMEOUT_MS - 1 })).phase).toBe('awaiting');
  const late = settle(action(), seen({ now: NOW + EFFECT_TIMEOUT_MS }));
  expect(late.phase).toBe('failed');
  expect(describeAction(late)).toBe(
    'Stopping metro-1 failed: accepted, but no effect was seen yet',
  );
});

test('a stop is done when the process is gone', () => {
  expect(settle(action(), seen({ isRunning: false })).phase).toBe('done');
});

test('a start is done when the OCA serves again, not when its process runs', () => {
  const start = action({ verb: 'start' });
  expect(settle(start, seen({ oca: { state: 'out-of-service' } })).phase).toBe('awaiting');
  expect(settle(start, seen()).phase).toBe('done');
});

test('a drain is done when the OCA no longer counts as in service', () => {
  const drain = action({ verb: 'drain' });
  expect(settle(drain, seen({ oca: { desiredState: 'draining' } })).phase).toBe('awaiting');
  const draining = { desiredState: 'draining', state: 'draining' } as const;
  expect(settle(drain, seen({ oca: draining })).phase).toBe('done');
  expect(settle(action({ verb: 'undrain' }), seen({ oca: draining })).phase).toBe('awaiting');
  expect(settle(action({ verb: 'undrain' }), seen()).phase).toBe('done');
});

test('a fill is done when a newer plan is in force', () => {
  const fill = action({ verb: 'fill', ocaId: undefined });
  expect(settle(fill, seen()).phase).toBe('awaiting');
  const report = reportOf({ fill: fillOf({ planVersion: 4 }) });
  const done = settle(fill, seen({ oca: { report } }));
  expect(describeAction(done)).toBe('A new fill plan is in force');
});

test('without reports there is no plan version', () => {
  expect(planVersionMax(undefined)).toBe(0);
});

test('an action under way is told as such', () => {
  expect(describeAction(action({ verb: 'drain' }))).toBe('Draining metro-1…');
});
