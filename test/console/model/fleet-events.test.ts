import { expect, test } from '@jest/globals';
import type { OcaId, PathwayId } from '#domain/ids.ts';
import {
  fleetEvents,
  type LoggedEvent,
  logEvents,
  pathwayEvent,
} from '../../../console/model/fleet-events.ts';
import { fillOf, fleetOf, ocaOf, reportOf } from './fleets.ts';

const texts = (events: readonly { text: string }[]) => events.map(({ text }) => text);

test('the first look at a fleet is no news, nor is an OCA that was just declared', () => {
  const fleet = fleetOf(ocaOf());
  expect(fleetEvents(undefined, fleet)).toEqual([]);
  expect(fleetEvents(fleet, fleetOf(ocaOf(), ocaOf({ ocaId: 'metro-2' as OcaId })))).toEqual([]);
});

test('a change of state is told with its reasons', () => {
  const out = ocaOf({ state: 'out-of-service', reasons: ['no report for 7 s'] });
  expect(fleetEvents(fleetOf(ocaOf()), fleetOf(out))).toEqual([
    { tone: 'bad', text: 'metro-1 is out of service: no report for 7 s' },
  ]);
  expect(texts(fleetEvents(fleetOf(out), fleetOf(ocaOf())))).toEqual(['metro-1 is in service']);
});

test('a fill is told when it begins and when it is complete, not at every asset', () => {
  const filling = (assetsDone: number) =>
    fleetOf(ocaOf({ report: reportOf({ fill: fillOf({ state: 'filling', assetsDone }) }) }));
  const complete = fleetOf(ocaOf());
  expect(texts(fleetEvents(complete, filling(1)))).toEqual(['metro-1 fills a new plan']);
  expect(fleetEvents(filling(1), filling(2))).toEqual([]);
  expect(texts(fleetEvents(filling(5), complete))).toEqual([
    'metro-1 holds all of its plan, 12.0 MB',
  ]);
});

test('a pathway switch names both sides, the first one only the new', () => {
  const to = 'metro-2' as PathwayId;
  expect(pathwayEvent({ from: undefined, to }).text).toBe('Playback starts from metro-2');
  expect(pathwayEvent({ from: 'cloudfront', to }).text).toBe(
    'Playback moves from cloudfront to metro-2',
  );
});

test('the log has the newest on top and forgets the oldest', () => {
  const event = (text: string) => ({ tone: 'good' as const, text });
  let log: readonly LoggedEvent[] = logEvents([], [event('a'), event('b')], 1);
  expect(texts(log)).toEqual(['b', 'a']);
  for (let round = 0; round < 50; round += 1) log = logEvents(log, [event(`${round}`)], 2);
  expect(log).toHaveLength(40);
  expect(new Set(log.map(({ number }) => number)).size).toBe(40);
});
