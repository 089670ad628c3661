import { expect, test } from '@jest/globals';
import { LruPolicy } from '#domain/eviction/lru.ts';
import { replayOffline } from '#domain/eviction/offline-bound.ts';
import { footprintBytes, replay, type Trace } from '#domain/eviction/replay.ts';

/** Letters with sizes: `a1 b2 a1`. */
function traceOf(text: string): Trace {
  const requests = text.split(' ');
  return {
    ids: Uint32Array.from(requests, (request) => request.charCodeAt(0) - 97),
    sizes: Float64Array.from(requests, (request) => Number(request.slice(1))),
    objectCount: 26,
  };
}

test('a hit counts with its bytes, a miss evicts until it fits', () => {
  const counts = replay(traceOf('a2 b2 a2 c3 b2 a2'), new LruPolicy(), 5);
  expect(counts).toEqual({ requestCount: 6, requestedBytes: 13, hitCount: 1, hitBytes: 2 });
});

test('what is larger than the whole stays out and drives nobody out', () => {
  const counts = replay(traceOf('a2 b6 a2 b6'), new LruPolicy(), 5);
  expect(counts).toMatchObject({ hitCount: 1, hitBytes: 2 });
});

test('what is as large as the whole comes in', () => {
  expect(replay(traceOf('a2 b5 b5'), new LruPolicy(), 5).hitCount).toBe(1);
});

test('a footprint counts every asset once, at its largest', () => {
  expect(footprintBytes(traceOf('a2 b6 a3 b6'))).toBe(9);
});

test('hindsight keeps who is asked for next', () => {
  const trace = traceOf('a1 b1 c1 a1 b1 c1 a1 b1');
  expect(replay(trace, new LruPolicy(), 2).hitCount).toBe(0);
  expect(replayOffline(trace, 2, { mayBypass: false }).hitCount).toBe(3);
  expect(replayOffline(trace, 2, { mayBypass: true }).hitCount).toBe(4);
});

test('hindsight lets a large one that comes once pass by', () => {
  const trace = traceOf('a1 b1 z2 a1 b1');
  expect(replayOffline(trace, 2, { mayBypass: true }).hitCount).toBe(2);
  expect(replayOffline(trace, 2, { mayBypass: false }).hitCount).toBe(0);
});
