import { createPolicy } from '#domain/eviction/create-policy.ts';
import { replayOffline } from '#domain/eviction/offline-bound.ts';
import { EVICTION_POLICIES, type EvictionPolicyName } from '#domain/eviction/policy.ts';
import { footprintBytes, type ReplayCounts, replay, type Trace } from '#domain/eviction/replay.ts';
import { seededRandom } from '#domain/random.ts';
import { loadTrace, TRACES, type TraceName } from './traces.ts';

/** Of the footprint. */
export const CACHE_SHARES = [0.001, 0.01, 0.1] as const;
export const BOUNDS = ['belady', 'bypass-belady'] as const;
export type Contender = EvictionPolicyName | (typeof BOUNDS)[number];

const SEED = 20_261_123;

/** What became of one trace in a cache of one size, under every policy and both bounds. */
export interface Cell {
  readonly trace: TraceName;
  readonly cacheShare: number;
  readonly counts: Readonly<Record<Contender, ReplayCounts>>;
}

export function replayAll(dataDirectory: string): Cell[] {
  return TRACES.flatMap((name) => {
    const trace = loadTrace(dataDirectory, name);
    const total = footprintBytes(trace);
    return CACHE_SHARES.map((cacheShare) => ({
      trace: name,
      cacheShare,
      counts: countsOf(trace, Math.floor(total * cacheShare)),
    }));
  });
}

function countsOf(trace: Trace, capacityBytes: number): Record<Contender, ReplayCounts> {
  const counts = EVICTION_POLICIES.map((name) => {
    const policy = createPolicy(name, { capacityBytes, random: seededRandom(SEED) });
    return [name, replay(trace, policy, capacityBytes)] as const;
  });
  const bounds = BOUNDS.map((name) => {
    const mayBypass = name === 'bypass-belady';
    return [name, replayOffline(trace, capacityBytes, { mayBypass })] as const;
  });
  return Object.fromEntries([...counts, ...bounds]) as Record<Contender, ReplayCounts>;
}

export const objectMissRatio = ({ hitCount, requestCount }: ReplayCounts): number =>
  1 - hitCount / requestCount;
export const byteMissRatio = ({ hitBytes, requestedBytes }: ReplayCounts): number =>
  1 - hitBytes / requestedBytes;

/** The part of the byte gap from LRU to the bound that a contender closes. */
export function gapClosed({ counts }: Cell, contender: Contender): number {
  const lru = byteMissRatio(counts.lru);
  return (lru - byteMissRatio(counts[contender])) / (lru - byteMissRatio(counts['bypass-belady']));
}
