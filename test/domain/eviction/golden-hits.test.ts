import { describe, expect, test } from '@jest/globals';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import { replayOffline } from '#domain/eviction/offline-bound.ts';
import { EVICTION_POLICIES, type EvictionPolicyName } from '#domain/eviction/policy.ts';
import { footprintBytes, type ReplayCounts, replay, type Trace } from '#domain/eviction/replay.ts';
import { seededRandom } from '#domain/random.ts';
import { SYNTHETIC_TRACES } from './synthetic-traces.ts';

const CACHE_SHARE = 0.05;
const PEERS = ['lru', 'lfu-da', 'gdsf', 'sieve', 's3-fifo'] as const;

/** Hits and bytes hit. A change here is a change of behavior: `npm run bench -- evict` says whether it is for the better. */
const GOLDENS: Record<string, Record<EvictionPolicyName, [number, number]>> = {
  lasting: {
    adaptive: [11623, 284539],
    gdsf: [11214, 249266],
    'lfu-da': [10375, 253455],
    lru: [9080, 219475],
    random: [8058, 193294],
    's3-fifo': [11107, 271703],
    sieve: [11295, 273928],
  },
  moving: {
    adaptive: [9370, 239139],
    gdsf: [9531, 214376],
    'lfu-da': [8745, 223620],
    lru: [9447, 241291],
    random: [8302, 213191],
    's3-fifo': [9101, 232975],
    sieve: [7665, 195278],
  },
  recent: {
    adaptive: [6525, 164322],
    gdsf: [6547, 165134],
    'lfu-da': [6547, 165134],
    lru: [6547, 165134],
    random: [6091, 153160],
    's3-fifo': [5275, 132688],
    sieve: [5178, 129000],
  },
  scanned: {
    adaptive: [6877, 169838],
    gdsf: [6143, 141141],
    'lfu-da': [5766, 141841],
    lru: [5031, 123088],
    random: [4386, 106468],
    's3-fifo': [6485, 160292],
    sieve: [6454, 159309],
  },
};

const capacityOf = (trace: Trace): number => Math.floor(footprintBytes(trace) * CACHE_SHARE);

function run(trace: Trace, name: EvictionPolicyName): ReplayCounts {
  const capacityBytes = capacityOf(trace);
  const policy = createPolicy(name, { capacityBytes, random: seededRandom(3) });
  return replay(trace, policy, capacityBytes);
}

describe.each(Object.entries(SYNTHETIC_TRACES))('on the %s trace', (traceName, trace) => {
  const counts = new Map(EVICTION_POLICIES.map((name) => [name, run(trace, name)]));

  test.each(EVICTION_POLICIES)('%s hits as often as it did', (name) => {
    const { hitCount = 0, hitBytes = 0 } = counts.get(name) ?? {};
    expect([hitCount, hitBytes]).toEqual(GOLDENS[traceName]?.[name]);
  });

  test('the default hits at most half a point of bytes less than the best of the others', () => {
    const share = (name: EvictionPolicyName) => {
      const { hitBytes = 0, requestedBytes = 1 } = counts.get(name) ?? {};
      return hitBytes / requestedBytes;
    };
    const best = Math.max(...PEERS.map(share));
    expect(share('adaptive')).toBeGreaterThan(best - 0.005);
  });

  test('no policy hits more than hindsight does, when sizes are equal', () => {
    const unit: Trace = { ...trace, sizes: trace.sizes.map(() => 1) };
    const bound = replayOffline(unit, capacityOf(unit), { mayBypass: true });
    for (const name of EVICTION_POLICIES) {
      expect(run(unit, name).hitCount).toBeLessThanOrEqual(bound.hitCount);
    }
  });
});
