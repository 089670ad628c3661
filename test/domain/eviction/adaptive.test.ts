import { describe, expect, test } from '@jest/globals';
import { AdaptivePolicy } from '#domain/eviction/adaptive.ts';
import { LruPolicy } from '#domain/eviction/lru.ts';
import type { EvictionPolicy } from '#domain/eviction/policy.ts';
import { type ReplayCounts, replay, type Trace } from '#domain/eviction/replay.ts';
import { S3FifoPolicy } from '#domain/eviction/s3-fifo.ts';
import { type Random, seededRandom } from '#domain/random.ts';

const REQUEST_COUNT = 30_000;
const CAPACITY = 300;

function unitTrace(idAt: (index: number, random: Random) => number): Trace {
  const random = seededRandom(4);
  const ids = Uint32Array.from({ length: REQUEST_COUNT }, (_, index) => idAt(index, random));
  return {
    ids,
    sizes: new Float64Array(ids.length).fill(1),
    objectCount: ids.reduce((a, b) => Math.max(a, b)) + 1,
  };
}

/** Among the last 250 that were new, or new. LRU is at its best. */
const recent = (index: number, random: Random): number =>
  Math.floor(index / 3) + 250 - Math.floor(250 * random.next());
/** Lasting popularity in front of a pass over what nobody asks for again. LRU is at its worst. */
const scanned = (index: number, random: Random): number =>
  index % 2 === 0 ? Math.floor(2000 ** random.next()) : 2000 + index;

const hitShare = ({ hitCount, requestCount }: ReplayCounts): number => hitCount / requestCount;
const run = (trace: Trace, policy: EvictionPolicy): number =>
  hitShare(replay(trace, policy, CAPACITY));

describe('the default', () => {
  test('follows LRU where recency is all that counts', () => {
    const trace = unitTrace(recent);
    expect(run(trace, new AdaptivePolicy())).toBeGreaterThan(run(trace, new LruPolicy()) - 0.005);
  });

  test('leaves LRU far behind where frequency counts', () => {
    const trace = unitTrace(scanned);
    expect(run(trace, new AdaptivePolicy())).toBeGreaterThan(run(trace, new LruPolicy()) + 0.05);
  });

  test('beats LRU and S3-FIFO when the requests change their nature, and back', () => {
    const third = REQUEST_COUNT / 3;
    const isRecent = (index: number): boolean => index >= third && index < 2 * third;
    const trace = unitTrace((index, random) =>
      isRecent(index) ? 100_000 + recent(index, random) : scanned(index, random),
    );
    const others = [new LruPolicy(), new S3FifoPolicy(CAPACITY)].map((policy) =>
      run(trace, policy),
    );
    expect(run(trace, new AdaptivePolicy())).toBeGreaterThan(Math.max(...others) + 0.01);
  });

  test('one large asset does not stand for many requests', () => {
    const trace = unitTrace(scanned);
    trace.sizes.forEach((_, index) => {
      if (index % 1000 === 1) trace.sizes[index] = CAPACITY;
    });
    const { hitCount } = replay(trace, new AdaptivePolicy(), 2 * CAPACITY);
    const lru = replay(trace, new LruPolicy(), 2 * CAPACITY);
    expect(hitCount).toBeGreaterThan(lru.hitCount);
  });
});
