import { expect, test } from '@jest/globals';
import type { PathwayId } from '#domain/ids.ts';
import { RECENT_MAX, type RequestMark } from '../../../console/model/delivery-ledger.ts';
import { describeMark, stripBars } from '../../../console/model/request-strip.ts';

const mark = (some: Partial<RequestMark> = {}): RequestMark => ({
  number: 7,
  file: 'video-720p.mp4',
  mediaKind: 'video',
  pathwayId: 'metro-1' as PathwayId,
  layer: 'oca',
  bytes: 400_000,
  ttfbMs: 2,
  durationMs: 11,
  status: 206,
  ...some,
});

test('an empty strip still has all its bars, so that nothing moves when requests come', () => {
  const bars = stripBars([]);
  expect(bars).toHaveLength(RECENT_MAX);
  expect(bars.every(({ height }) => height === 0)).toBe(true);
});

test('requests stand at the right, by the square root of their size, and small ones stay visible', () => {
  const bars = stripBars([mark({ bytes: 0 }), mark({ bytes: 100_000 }), mark()]);
  expect(bars.slice(-4).map(({ height }) => height)).toEqual([0, 0.06, 0.5, 1]);
});

test('a request that brought nothing stands at full height', () => {
  expect(stripBars([mark({ layer: undefined, bytes: 0 })]).at(-1)?.height).toBe(1);
});

test('a request reads as one sentence that says where its bytes lay', () => {
  expect(describeMark(mark())).toBe(
    '#7 video-720p.mp4: 400 kB from metro-1, first byte 2 ms, all 11 ms',
  );
  expect(describeMark(mark({ layer: 's3' }))).toContain('400 kB from S3 through metro-1');
  expect(describeMark(mark({ layer: 'cloudfront', pathwayId: 'cloudfront' }))).toContain(
    '400 kB from cloudfront,',
  );
});

test('a request that brought nothing says why', () => {
  const nothing = { layer: undefined, bytes: 0 };
  expect(describeMark(mark({ ...nothing, status: 0 }))).toBe(
    '#7 video-720p.mp4: no answer from metro-1',
  );
  expect(describeMark(mark({ ...nothing, status: 429 }))).toBe(
    '#7 video-720p.mp4: status 429 from metro-1',
  );
});
