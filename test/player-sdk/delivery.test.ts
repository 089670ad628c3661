import { expect, test } from '@jest/globals';
import {
  type Delivery,
  type DeliveryFailure,
  deliveryReporter,
  type PathwaySwitch,
  type RequestOutcome,
} from '../../player-sdk/delivery.ts';
import { sessionOf } from './sessions.ts';

function listen() {
  const deliveries: Delivery[] = [];
  const failures: DeliveryFailure[] = [];
  const switches: PathwaySwitch[] = [];
  const report = deliveryReporter(sessionOf().pathways, {
    onDelivery: (delivery) => deliveries.push(delivery),
    onFailure: (failure) => failures.push(failure),
    onPathwaySwitch: (change) => switches.push(change),
  });
  return { deliveries, failures, switches, report };
}

const outcome = (some: Partial<RequestOutcome> = {}): RequestOutcome => ({
  url: 'http://127.0.0.11:8080/~token/content/city-at-night/video.mp4',
  mediaKind: 'video',
  status: 206,
  sizeBytes: 1000,
  ttfbMs: 3,
  durationMs: 9,
  cacheStatus: undefined,
  ...some,
});

const fromOther = { url: 'http://127.0.0.12:8080/~token/content/city-at-night/video.mp4' };

test('a request that brought nothing is a failure of its pathway, and no delivery', () => {
  const { deliveries, failures, report } = listen();
  report(outcome({ status: 0 }));
  report(outcome({ status: 429 }));
  expect(failures.map(({ pathwayId, status }) => [pathwayId, status])).toEqual([
    ['metro-1', 0],
    ['metro-1', 429],
  ]);
  expect(deliveries).toEqual([]);
});

test('a host that is no pathway of the session is passed over', () => {
  const { deliveries, failures, report } = listen();
  report(outcome({ url: 'http://127.0.0.1:8080/v1/playback/x/manifest.mpd' }));
  report(outcome({ url: 'not a URL' }));
  expect([...deliveries, ...failures]).toEqual([]);
});

test('a clock that stepped back gives no negative times', () => {
  const { deliveries, report } = listen();
  report(outcome({ ttfbMs: -5, durationMs: -1 }));
  expect(deliveries[0]).toMatchObject({ ttfbMs: 0, durationMs: 0 });
});

test('bytes count for the layer that they lay in, which Cache-Status tells', () => {
  const { deliveries, report } = listen();
  report(outcome({ cacheStatus: '"metro-1"; hit; detail=flash' }));
  report(outcome({ cacheStatus: '"cloudfront"; hit, "metro-1"; fwd=uri-miss; stored' }));
  report(outcome({ cacheStatus: '"cloudfront"; fwd=uri-miss, "metro-1"; fwd=uri-miss' }));
  expect(deliveries.map(({ layer }) => layer)).toEqual(['oca', 'cloudfront', 's3']);
});

test('without Cache-Status, bytes count for the layer of the pathway', () => {
  const { deliveries, report } = listen();
  report(outcome());
  report(outcome({ url: 'http://127.0.0.21:8080/~token/content/city-at-night/video.mp4' }));
  expect(deliveries.map(({ layer }) => layer)).toEqual(['oca', 'cloudfront']);
});

test('a switch is told when the video comes from another pathway, and only then', () => {
  const { switches, report } = listen();
  report(outcome());
  report(outcome());
  report(outcome({ ...fromOther, mediaKind: 'audio' }));
  report(outcome({ ...fromOther, status: 0 }));
  report(outcome(fromOther));
  expect(switches).toEqual([
    { from: undefined, to: 'metro-1' },
    { from: 'metro-1', to: 'metro-2' },
  ]);
});
