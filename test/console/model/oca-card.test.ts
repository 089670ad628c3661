import { expect, test } from '@jest/globals';
import type { Bytes } from '#domain/units.ts';
import type { OcaView } from '#protocol/fleet-view.ts';
import { UNKNOWN } from '../../../console/model/format.ts';
import { ocaCard } from '../../../console/model/oca-card.ts';
import { fillOf, NOW, ocaOf, reportOf } from './fleets.ts';

const running = { ocaId: 'metro-1', isRunning: true };
const stopped = { ocaId: 'metro-1', isRunning: false };

test('an OCA that never reported shows no figures, and does not look broken', () => {
  const { deliveryUrl, reportedAt, report, ...silent } = ocaOf({ state: 'out-of-service' });
  const card = ocaCard(silent satisfies OcaView, running, NOW);
  expect(card).toMatchObject({
    tone: 'quiet',
    stateText: 'Not reported yet',
    reportedText: 'no report yet',
    host: '',
    hitRatioText: UNKNOWN,
    egressText: UNKNOWN,
    tiers: [],
  });
});

test('a stopped OCA says so before the control plane has noticed', () => {
  const card = ocaCard(ocaOf(), stopped, NOW);
  expect(card).toMatchObject({
    tone: 'bad',
    stateText: 'Stopped',
    isStale: true,
    isRunning: false,
  });
  expect(card.reason).toContain('not noticed yet');
});

test('a stopped OCA gives the control plane’s reasons once there are some', () => {
  const view = ocaOf({ state: 'out-of-service', reasons: ['no report for 9 s'] });
  expect(ocaCard(view, stopped, NOW).reason).toBe('no report for 9 s');
});

test('an OCA that runs and is not in service is bad; a draining one is a warning', () => {
  expect(ocaCard(ocaOf({ state: 'out-of-service' }), running, NOW).tone).toBe('bad');
  expect(
    ocaCard(ocaOf({ state: 'draining', desiredState: 'draining' }), running, NOW),
  ).toMatchObject({ tone: 'warning', stateText: 'Draining', isDrained: true });
});

test('where processes are not ours, there is nothing to stop or start', () => {
  expect(ocaCard(ocaOf(), undefined, NOW).isRunning).toBeUndefined();
});

test('figures come from the report', () => {
  expect(ocaCard(ocaOf(), running, NOW + 4000)).toMatchObject({
    tone: 'good',
    host: '127.0.0.11:8080',
    place: 'Metro ISP, ISP',
    reportedText: 'reported 4 s ago',
    hitRatioText: '75 %',
    egressText: '1.50 Mbit/s',
    connectionsText: '2',
    tiers: [{ label: 'flash', share: 0.25, text: '25.0 MB of 100 MB' }],
    fill: {
      label: 'complete, 6 of 6 assets',
      share: 1,
      text: '12.0 MB of 12.0 MB',
      tone: 'good',
      sourcesText: '12.0 MB from cloudfront',
    },
  });
});

test('before the first request there is no hit ratio', () => {
  const delivery = { ...reportOf().delivery, hitBytes: 0 as Bytes, missBytes: 0 as Bytes };
  expect(ocaCard(ocaOf({ report: reportOf({ delivery }) }), running, NOW).hitRatioText).toBe(
    UNKNOWN,
  );
});

test('a refused plan is told instead of its progress', () => {
  const fill = fillOf({ refusal: 'plan-signature', state: 'idle' });
  expect(ocaCard(ocaOf({ report: reportOf({ fill }) }), running, NOW).fill).toMatchObject({
    label: 'plan-signature',
    tone: 'bad',
  });
});

test('a tier that holds more than it should is full, and not more than full', () => {
  const [tier] = reportOf().tiers;
  const tiers = tier ? [{ ...tier, usedBytes: 200_000_000 as Bytes }] : [];
  expect(ocaCard(ocaOf({ report: reportOf({ tiers }) }), running, NOW).tiers[0]?.share).toBe(1);
});
