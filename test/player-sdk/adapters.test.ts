import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { beginPlayback, type Delivery, type DeliveryFailure } from '../../player-sdk/index.ts';
import { sessionOf } from './sessions.ts';

const URL_OF_VIDEO = 'http://127.0.0.11:8080/~token/content/city-at-night/video.mp4';

async function begin() {
  const deliveries: Delivery[] = [];
  const failures: DeliveryFailure[] = [];
  const playback = await beginPlayback(
    {
      playUrl: 'http://127.0.0.1:8080',
      titleId: 'city-at-night',
      bufferSeconds: 6,
      onDelivery: (delivery) => deliveries.push(delivery),
      onFailure: (failure) => failures.push(failure),
    },
    async () => ({ ok: true, status: 200, text: async () => JSON.stringify(sessionOf()) }),
  );
  return { playback, deliveries, failures };
}

class DashStub extends EventEmitter {
  settings: unknown;
  updateSettings(settings: object) {
    this.settings = settings;
  }
}

const dashRequest = (some: object = {}) => ({
  metric: 'HttpList',
  value: {
    type: 'MediaSegment',
    url: URL_OF_VIDEO,
    actualurl: null,
    responsecode: 206,
    trequest: new Date(1000),
    tresponse: new Date(1004),
    _tfinish: new Date(1020),
    trace: [{ b: [600] }, { b: [400] }],
    _stream: 'video',
    _responseHeaders: 'content-type: video/mp4\r\ncache-status: "cloudfront"; hit\r\n',
    ...some,
  },
});

test('dash.js: media requests are reported with bytes, times and layer; other metrics are not', async () => {
  const { playback, deliveries } = await begin();
  const player = new DashStub();
  playback.attachDash(player);
  player.emit('metricAdded', dashRequest());
  player.emit('metricAdded', dashRequest({ type: 'MPD' }));
  player.emit('metricAdded', { metric: 'BufferLevel', value: {} });
  expect(deliveries).toEqual([
    {
      url: URL_OF_VIDEO,
      mediaKind: 'video',
      pathwayId: 'metro-1',
      layer: 'cloudfront',
      bytes: 1000,
      ttfbMs: 4,
      durationMs: 20,
      status: 206,
    },
  ]);
});

test('dash.js: a request without an answer is a failure', async () => {
  const { playback, failures } = await begin();
  const player = new DashStub();
  playback.attachDash(player);
  player.emit('metricAdded', dashRequest({ responsecode: null, trace: undefined }));
  expect(failures).toMatchObject([{ pathwayId: 'metro-1', status: 0 }]);
});

test('dash.js: the tuned settings are applied', async () => {
  const { playback } = await begin();
  const player = new DashStub();
  playback.attachDash(player);
  expect(player.settings).toMatchObject({
    streaming: { fragmentRequestTimeout: 2500, buffer: { bufferTimeDefault: 6 } },
  });
});

class HlsStub extends EventEmitter {
  readonly config = { maxBufferLength: 30, other: true };
}

const fragment = {
  url: URL_OF_VIDEO,
  type: 'main',
  stats: { loaded: 1000, loading: { start: 10, first: 14, end: 30 } },
};

test('hls.js: fragments are reported, from XMLHttpRequest and from fetch alike', async () => {
  const { playback, deliveries } = await begin();
  const hls = new HlsStub();
  playback.attachHls(hls);
  const xhr = { status: 206, getResponseHeader: () => '"metro-1"; hit' };
  const response = new Response(null, { headers: { 'cache-status': '"metro-1"; fwd=uri-miss' } });
  hls.emit('hlsFragLoaded', 'hlsFragLoaded', { frag: fragment, networkDetails: xhr });
  hls.emit('hlsFragLoaded', 'hlsFragLoaded', { frag: fragment, networkDetails: response });
  expect(
    deliveries.map(({ layer, bytes, ttfbMs, durationMs }) => [layer, bytes, ttfbMs, durationMs]),
  ).toEqual([
    ['oca', 1000, 4, 20],
    ['s3', 1000, 4, 20],
  ]);
});

test('hls.js: a fragment that did not load is a failure; other errors are not ours to report', async () => {
  const { playback, failures } = await begin();
  const hls = new HlsStub();
  playback.attachHls(hls);
  const error = { details: 'fragLoadError', frag: fragment, response: { code: 429 } };
  hls.emit('hlsError', 'hlsError', error);
  hls.emit('hlsError', 'hlsError', { ...error, details: 'fragLoadTimeOut', response: undefined });
  hls.emit('hlsError', 'hlsError', { ...error, details: 'bufferStalledError' });
  expect(failures.map(({ status }) => status)).toEqual([429, 0]);
});

test('hls.js: the tuned configuration is applied and the rest is left alone', async () => {
  const { playback } = await begin();
  const hls = new HlsStub();
  playback.attachHls(hls);
  expect(hls.config).toMatchObject({
    maxBufferLength: 6,
    other: true,
    fragLoadPolicy: { default: { maxTimeToFirstByteMs: 2500, errorRetry: { maxNumRetry: 1 } } },
  });
});

class ShakaStub extends EventTarget {
  config: unknown;
  configure(config: object) {
    this.config = config;
  }
  raise(type: string, download: object) {
    this.dispatchEvent(Object.assign(new Event(type), download));
  }
}

const shakaDownload = {
  requestType: 1,
  request: { uris: ['http://127.0.0.12:8080/a', URL_OF_VIDEO], attempt: 3, timeToFirstByte: 4 },
  context: { stream: { type: 'video' } },
  response: {
    uri: URL_OF_VIDEO,
    data: new ArrayBuffer(1000),
    headers: { 'cache-status': '"metro-1"; hit' },
    status: 206,
    timeMs: 20,
  },
};

test('Shaka: segments are reported; manifests are not', async () => {
  const { playback, deliveries } = await begin();
  const player = new ShakaStub();
  playback.attachShaka(player);
  player.raise('downloadcompleted', shakaDownload);
  player.raise('downloadcompleted', { ...shakaDownload, requestType: 0 });
  expect(deliveries).toMatchObject([
    { mediaKind: 'video', layer: 'oca', bytes: 1000, ttfbMs: 4, durationMs: 20, status: 206 },
  ]);
});

test('Shaka: a failure counts for the address that was tried, and a request that it gave up for none', async () => {
  const { playback, failures } = await begin();
  const player = new ShakaStub();
  playback.attachShaka(player);
  const failed = { ...shakaDownload, httpResponseCode: 0, aborted: false, error: { code: 1002 } };
  player.raise('downloadfailed', failed);
  player.raise('downloadfailed', { ...failed, error: { code: 7001 } });
  player.raise('downloadfailed', { ...failed, aborted: true, error: { code: 7001 } });
  expect(failures.map(({ pathwayId }) => pathwayId)).toEqual(['metro-1', 'metro-1']);
});

test('after detaching nothing is reported', async () => {
  const { playback, deliveries } = await begin();
  const [dash, hls, shaka] = [new DashStub(), new HlsStub(), new ShakaStub()];
  playback.attachDash(dash)();
  playback.attachHls(hls)();
  playback.attachShaka(shaka)();
  dash.emit('metricAdded', dashRequest());
  hls.emit('hlsFragLoaded', 'hlsFragLoaded', { frag: fragment, networkDetails: { status: 200 } });
  shaka.raise('downloadcompleted', shakaDownload);
  expect(deliveries).toEqual([]);
});
