import { expect, test } from '@jest/globals';
import type { PathwayId } from '#domain/ids.ts';
import { bytes, milliseconds } from '#domain/units.ts';
import {
  type DeliveryLedger,
  EMPTY_LEDGER,
  layerTotals,
  pathwayShare,
  RECENT_MAX,
  recordDelivery,
  recordFailure,
} from '../../../console/model/delivery-ledger.ts';
import type { Delivery } from '../../../player-sdk/index.ts';

const delivery = (some: Partial<Delivery> = {}): Delivery => ({
  url: 'http://127.0.0.11:8080/~secret/content/city-at-night/video-720p.mp4?CMCD=x',
  mediaKind: 'video',
  pathwayId: 'metro-1' as PathwayId,
  layer: 'oca',
  bytes: bytes(750),
  ttfbMs: milliseconds(2),
  durationMs: milliseconds(5),
  status: 206,
  ...some,
});

const failure = {
  url: 'http://127.0.0.11:8080/~secret/content/city-at-night/audio.mp4',
  mediaKind: 'audio',
  pathwayId: 'metro-1' as PathwayId,
  status: 0,
} as const;

const times = (count: number, ledger: DeliveryLedger): DeliveryLedger =>
  Array.from({ length: count }).reduce<DeliveryLedger>(
    (filled) => recordDelivery(filled, delivery()),
    ledger,
  );

test('before the first byte every share is 0', () => {
  expect(layerTotals(EMPTY_LEDGER).map(({ byteShare }) => byteShare)).toEqual([0, 0, 0]);
  expect(pathwayShare(EMPTY_LEDGER, 'cloudfront')).toBe(0);
});

test('a failure is remembered and adds no bytes', () => {
  const ledger = recordFailure(EMPTY_LEDGER, failure);
  expect(ledger.recent).toMatchObject([{ number: 1, layer: undefined, bytes: 0, status: 0 }]);
  expect(layerTotals(ledger).map(({ requests }) => requests)).toEqual([0, 0, 0]);
});

test('neither host, token nor query of a URL is kept', () => {
  expect(recordDelivery(EMPTY_LEDGER, delivery()).recent[0]?.file).toBe('video-720p.mp4');
});

test('bytes add up by layer and, whatever the layer, by the pathway that handed them over', () => {
  const ledger = [
    delivery(),
    delivery({ layer: 's3', bytes: bytes(250) }),
    delivery({ layer: 'cloudfront', pathwayId: 'cloudfront', bytes: bytes(1000) }),
  ].reduce(recordDelivery, EMPTY_LEDGER);
  expect(layerTotals(ledger).map(({ layer, byteShare }) => [layer, byteShare])).toEqual([
    ['oca', 0.375],
    ['cloudfront', 0.5],
    ['s3', 0.125],
  ]);
  expect(pathwayShare(ledger, 'metro-1' as PathwayId)).toBe(0.5);
});

test('only the newest requests are kept, numbered on', () => {
  const ledger = times(RECENT_MAX + 5, EMPTY_LEDGER);
  expect(ledger.recent).toHaveLength(RECENT_MAX);
  expect(ledger.recent.at(-1)?.number).toBe(RECENT_MAX + 5);
  expect(ledger.bytesByLayer.oca).toBe((RECENT_MAX + 5) * 750);
});
