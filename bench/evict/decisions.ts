import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import type { EvictionPolicy, EvictionPolicyName, Slot } from '#domain/eviction/policy.ts';
import { seededRandom } from '#domain/random.ts';
import { median, rounded } from '../statistics.ts';

const ASSET_COUNT = 2_000_000;
/** Mean size of an asset when 2 million fill 670 TB. Source: the scale that the design plans for. */
const ASSET_MEAN_BYTES = 335e6;
/** Decisions timed in one go, as a clock costs as much as one of them. */
const BATCH = 256;
const ROUNDS = 400;
const KEY_COUNT = 2 ** 53;
const always = (): boolean => true;

export interface DecisionFigures {
  readonly admitNs: number;
  readonly useNs: number;
  readonly evictNs: number;
  readonly bytesPerAsset: number;
}

/** Median cost of a decision of one policy that knows 2 million assets, and what it keeps of each. */
export async function timeDecisions(name: EvictionPolicyName): Promise<DecisionFigures> {
  const random = seededRandom(7);
  const before = await memoryInUse();
  const policy = createPolicy(name, { capacityBytes: ASSET_COUNT * ASSET_MEAN_BYTES, random });
  const admit = (slot: Slot): void =>
    policy.admit(
      slot,
      Math.floor(random.next() * KEY_COUNT),
      Math.ceil(2 * random.next() * ASSET_MEAN_BYTES),
    );
  for (let slot = 0; slot < ASSET_COUNT; slot += 1) admit(slot);
  const rounds = Array.from({ length: ROUNDS }, () => timeRound(policy, random));
  const grownBytes = (await memoryInUse()) - before;
  const nanoseconds = (figure: 'admitNs' | 'useNs' | 'evictNs'): number =>
    Math.round(median(rounds.map((round) => round[figure])));
  return {
    admitNs: nanoseconds('admitNs'),
    useNs: nanoseconds('useNs'),
    evictNs: nanoseconds('evictNs'),
    bytesPerAsset: rounded(grownBytes / ASSET_COUNT, 1),
  };
}

function timeRound(
  policy: EvictionPolicy,
  random: { next(): number },
): Omit<DecisionFigures, 'bytesPerAsset'> {
  const used = draws(() => Math.floor(ASSET_COUNT * random.next() ** 3));
  const keys = draws(() => Math.floor(random.next() * KEY_COUNT));
  const sizes = draws(() => Math.ceil(2 * random.next() * ASSET_MEAN_BYTES));
  const victims: Slot[] = new Array(BATCH).fill(0);
  const useNs = timed((index) => policy.use(used[index] as Slot));
  const evictNs = timed((index) => {
    victims[index] = policy.evict(always) as Slot;
  });
  const admitNs = timed((index) =>
    policy.admit(victims[index] as Slot, keys[index] as number, sizes[index] as number),
  );
  return { admitNs, useNs, evictNs };
}

/** Bytes of objects and of columns, when no more comes free: columns are swept in the background after a collection. */
async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let [before, now] = [Number.POSITIVE_INFINITY, bytesInUse()]; now < before; ) {
    before = now;
    collectGarbage();
    await setImmediate();
    collectGarbage();
    now = bytesInUse();
  }
  return bytesInUse();
}

function bytesInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const draws = (draw: () => number): number[] => Array.from({ length: BATCH }, draw);

/** Nanoseconds of one decision, as a mean over a batch. */
function timed(decide: (index: number) => void): number {
  const startedAt = process.hrtime.bigint();
  for (let index = 0; index < BATCH; index += 1) decide(index);
  return Number(process.hrtime.bigint() - startedAt) / BATCH;
}
