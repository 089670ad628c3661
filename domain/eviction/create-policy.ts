import { AdaptivePolicy } from './adaptive.ts';
import { GreedyDualPolicy } from './greedy-dual.ts';
import { LruPolicy } from './lru.ts';
import type { EvictionPolicy, EvictionPolicyName, PolicyOptions } from './policy.ts';
import { RandomPolicy } from './random.ts';
import { S3FifoPolicy } from './s3-fifo.ts';
import { SievePolicy } from './sieve.ts';

/**
 * A policy by name, without assets. One instance a disk: its columns are as long as its largest slot, so its caller
 * gives out slots of its own, small and dense.
 */
export function createPolicy(name: EvictionPolicyName, options: PolicyOptions): EvictionPolicy {
  switch (name) {
    case 'adaptive':
      return new AdaptivePolicy();
    case 'gdsf':
    case 'lfu-da':
      return new GreedyDualPolicy(name);
    case 'lru':
      return new LruPolicy();
    case 'random':
      return new RandomPolicy(options.random);
    case 'sieve':
      return new SievePolicy();
    case 's3-fifo':
      return new S3FifoPolicy(options.capacityBytes);
  }
}
