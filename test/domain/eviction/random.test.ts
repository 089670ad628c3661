import { expect, test } from '@jest/globals';
import { RandomPolicy } from '#domain/eviction/random.ts';
import { seededRandom } from '#domain/random.ts';

test('everyone is as likely to go', () => {
  const policy = new RandomPolicy(seededRandom(1));
  for (let slot = 0; slot < 4; slot += 1) policy.admit(slot, slot, 1);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 4000; draw += 1) {
    const victim = policy.evict(() => true) ?? -1;
    counts[victim] = (counts[victim] ?? 0) + 1;
    policy.admit(victim, victim, 1);
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
