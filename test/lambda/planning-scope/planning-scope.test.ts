import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type ControlPlaneUnderTest,
  PLAN_BUCKET,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.stop());

const requested = (detail: object) => ({ 'detail-type': 'Fill Plan Requested', detail });
const listed = async (key: string) => {
  const { Body } = await plane.s3.send(new GetObjectCommand({ Bucket: PLAN_BUCKET, Key: key }));
  return JSON.parse((await Body?.transformToString()) ?? '');
};

test('an event that is none of ours is refused', async () => {
  const events = [{}, requested({ window: 'soon' }), requested({ window: 'now', siteId: 'A!' })];
  for (const event of events)
    await expect(plane.scope({ execution: 'run', event })).rejects.toMatchObject({
      code: 'message-invalid',
    });
});

test.each(['', '../plans', 'a/b', 'x'.repeat(81)])(
  'a run named "%s" writes nowhere',
  async (execution) => {
    const event = { window: 'next' };
    await expect(plane.scope({ execution, event })).rejects.toMatchObject({
      code: 'message-invalid',
    });
  },
);

test('without sites the list is empty', async () => {
  const scope = await plane.scope({ execution: 'run-1', event: { window: 'next' } });
  expect(scope.count).toBe(0);
  expect(await listed(scope.key)).toEqual([]);
});

test.each([
  ['the night', { window: 'next' }, { window: 'next', isForced: false }],
  [
    'a published title',
    { 'detail-type': 'Title Published', detail: { titleId: 'city' } },
    { window: 'now', isForced: false },
  ],
  ['an operator', requested({ window: 'now' }), { window: 'now', isForced: true }],
])('%s is for all sites', async (_, event, order) => {
  await declareSites(plane);
  const scope = await plane.scope({ execution: 'run-2_x', event });
  expect(scope).toEqual({
    key: 'runs/run-2_x/sites.json',
    count: 2,
    resultsPrefix: 'runs/run-2_x/results',
    order,
  });
  expect(await listed(scope.key)).toEqual(['isp-metro', 'ixp-exchange']);
});

test('an OCA that lacks a plan is for its own site, and leaves alone what is still right', async () => {
  await declareSites(plane);
  const event = requested({ window: 'now', siteId: 'ixp-exchange' });
  const scope = await plane.scope({ execution: 'run-3', event });
  expect(scope.order).toEqual({ window: 'now', isForced: false });
  expect(await listed(scope.key)).toEqual(['ixp-exchange']);
});
