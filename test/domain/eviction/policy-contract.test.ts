import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import {
  EVICTION_POLICIES,
  type EvictionPolicy,
  type EvictionPolicyName,
  type Slot,
} from '#domain/eviction/policy.ts';
import { InvariantError } from '#domain/invariant.ts';
import { seededRandom } from '#domain/random.ts';

const CAPACITY_BYTES = 1000;
const newPolicy = (name: EvictionPolicyName): EvictionPolicy =>
  createPolicy(name, { capacityBytes: CAPACITY_BYTES, random: seededRandom(5) });

/** Numbers that stand for slots and assets are taken modulo how many there are. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('admit'), asset: fc.nat(40), bytes: fc.nat(300) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('use'), asset: fc.nat(40), bytes: fc.nat(1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('remove'), asset: fc.nat(40), bytes: fc.nat(1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('evict'), asset: fc.nat(4), bytes: fc.nat(1) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What a policy must agree with: who is resident in which slot, and how large. */
class Model {
  readonly sizes = new Map<Slot, number>();
  readonly slotByAsset = new Map<number, Slot>();
  readonly freeSlots: Slot[] = [];
  readonly victims: Slot[] = [];
  readonly policy: EvictionPolicy;

  constructor(policy: EvictionPolicy) {
    this.policy = policy;
  }

  apply({ do: kind, asset, bytes }: Step): void {
    const slot = this.slotByAsset.get(asset);
    if (kind === 'admit' && slot === undefined) this.#admit(asset, bytes);
    if (kind === 'use') this.policy.use(slot ?? 77);
    if (kind === 'remove') {
      this.policy.remove(slot ?? 77);
      if (slot !== undefined) this.#free(slot);
    }
    if (kind === 'evict') this.#evict(asset);
    const usedBytes = [...this.sizes.values()].reduce((total, size) => total + size, 0);
    expect(this.policy.usedBytes).toBe(usedBytes);
  }

  #admit(asset: number, bytes: number): void {
    const slot = this.freeSlots.pop() ?? this.sizes.size;
    this.slotByAsset.set(asset, slot);
    this.sizes.set(slot, bytes);
    this.policy.admit(slot, asset, bytes);
  }

  /** Of five slots, one may not go. */
  #evict(blocked: number): void {
    const mayGo = (slot: Slot): boolean => slot % 5 !== blocked;
    const candidates = [...this.sizes.keys()].filter(mayGo);
    const victim = this.policy.evict(mayGo);
    if (candidates.length === 0) {
      expect(victim).toBeUndefined();
      return;
    }
    expect(candidates).toContain(victim);
    this.victims.push(victim as Slot);
    this.#free(victim as Slot);
  }

  #free(slot: Slot): void {
    this.sizes.delete(slot);
    this.freeSlots.push(slot);
    for (const [asset, other] of this.slotByAsset) {
      if (other === slot) this.slotByAsset.delete(asset);
    }
  }
}

describe.each(EVICTION_POLICIES)('%s', (name) => {
  test('evicts residents that may go and no others, counts bytes exactly, reuses slots', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const model = new Model(newPolicy(name));
        for (const one of steps) model.apply(one);
      }),
    );
  });

  test('decides the same in every run', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
        const [one, other] = [new Model(newPolicy(name)), new Model(newPolicy(name))];
        for (const each of steps) {
          one.apply(each);
          other.apply(each);
        }
        expect(one.victims).toEqual(other.victims);
      }),
      { numRuns: 20 },
    );
  });

  test('finds the one that may go among thousands that may not', () => {
    const policy = newPolicy(name);
    for (let slot = 0; slot < 3000; slot += 1) policy.admit(slot, slot, 10);
    for (let slot = 0; slot < 3000; slot += 1) policy.use(slot);
    expect(policy.evict((slot) => slot === 1234)).toBe(1234);
    expect(policy.evict((slot) => slot === 1234)).toBeUndefined();
    expect(policy.usedBytes).toBe(2999 * 10);
  });

  test('evicts everyone, each once, when nobody comes in', () => {
    const policy = newPolicy(name);
    for (let slot = 0; slot < 500; slot += 1) {
      policy.admit(slot, slot, 1 + (slot % 7));
      if (slot % 3 === 0) policy.use(slot);
    }
    const victims = Array.from({ length: 500 }, () => policy.evict(() => true));
    expect(new Set(victims).size).toBe(500);
    expect(policy.evict(() => true)).toBeUndefined();
    expect(policy.usedBytes).toBe(0);
  });

  test('counts sizes of terabytes to the byte', () => {
    const policy = newPolicy(name);
    const sizes = [2 ** 44 + 1, 2 ** 32, 2 ** 32 - 1, 0];
    sizes.forEach((size, slot) => {
      policy.admit(slot, slot, size);
    });
    expect(policy.usedBytes).toBe(2 ** 44 + 2 ** 33);
    policy.remove(0);
    expect(policy.usedBytes).toBe(2 ** 33 - 1);
  });

  test('refuses to admit who is there already', () => {
    const policy = newPolicy(name);
    policy.admit(3, 3, 10);
    expect(() => policy.admit(3, 4, 10)).toThrow(InvariantError);
  });

  test('goes by the name that it was created by', () => {
    expect(newPolicy(name).name).toBe(name);
  });
});
