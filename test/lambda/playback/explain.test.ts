import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SteeringExplanation } from '#protocol/playback.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  OPERATOR_SECRET,
  startControlPlane,
} from '../support/control-plane.ts';
import { fleetInService, ISP_CLIENT } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.stop());

const explain = (query: string) =>
  plane.playback<SteeringExplanation>('GET', `/v1/explain?${query}`, { bearer: OPERATOR_SECRET });

test('only operators learn why', async () => {
  const anonymous = await plane.playback('GET', `/v1/explain?ip=${ISP_CLIENT}`);
  expect([anonymous.status, anonymous.json.code]).toEqual([401, 'credential-missing']);
  expect(anonymous.headers['WWW-Authenticate']).toBe('Bearer');
  const agent = await plane.playback('GET', '/v1/explain', { bearer: 'secret-of-metro-1' });
  expect([agent.status, agent.json.code]).toEqual([401, 'credential-invalid']);
});

test('what is no address, or no title, is refused', async () => {
  for (const query of ['', 'ip=', 'ip=here', 'ip=1.2.3.4.5', `ip=${ISP_CLIENT}/24`]) {
    expect((await explain(query)).status).toBe(400);
  }
  expect((await explain(`ip=${ISP_CLIENT}&title=absent`)).status).toBe(404);
});

test('every OCA has its verdict and its reasons, and the order is what a session would get', async () => {
  await fleetInService(plane);
  await plane.control('POST', '/v1/ocas/metro-2/drain', { as: OPERATOR });
  const { status, json } = await explain(`ip=${ISP_CLIENT}&title=city`);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    clientAddress: ISP_CLIENT,
    titleId: 'city',
    matchedPrefix: '198.51.100.0/24',
  });
  expect(json.pathwayPriority).toEqual(['metro-1', 'exchange-1', 'cloudfront']);
  expect(json.candidates.map(({ pathwayId, verdict, rank }) => [pathwayId, verdict, rank])).toEqual(
    [
      ['metro-1', 'ranked', 1],
      ['exchange-1', 'ranked', 2],
      ['cloudfront', 'ranked', 3],
      ['metro-2', 'dropped', undefined],
    ],
  );
  expect(json.candidates.at(-1)?.reasons).toEqual(['it is draining: the operator drains it']);
});

test('OCAs of sites that do not cover the client are told as well', async () => {
  await fleetInService(plane);
  const { json } = await explain('ip=203.0.113.9');
  expect(json.pathwayPriority).toEqual(['exchange-1', 'cloudfront']);
  const dropped = json.candidates.filter((candidate) => candidate.verdict === 'dropped');
  expect(dropped.map((candidate) => candidate.pathwayId)).toEqual(['metro-1', 'metro-2']);
  expect(dropped[0]?.reasons).toEqual(['no prefix of its site covers the client']);
});
