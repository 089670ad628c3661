import { expect, test } from '@jest/globals';
import { jittered, seededRandom, seedFrom } from '#domain/random.ts';

test('the same seed gives the same sequence, another seed another one', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('ten thousand draws are in [0, 1) and spread evenly over ten bins', () => {
  const random = seededRandom(1);
  const bins = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw += 1) {
    const value = random.next();
    expect(value >= 0 && value < 1).toBe(true);
    bins[Math.floor(value * 10)] = (bins[Math.floor(value * 10)] ?? 0) + 1;
  }
  // Six standard deviations of a binomial with n = 10,000 and p = 0.1 are 180.
  for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(180);
});

test('jitter stays within its spread', () => {
  const random = seededRandom(3);
  for (let draw = 0; draw < 1000; draw += 1) {
    const value = jittered(100, 0.2, random);
    expect(value >= 80 && value <= 120).toBe(true);
  }
});

test('a seed from a name is FNV-1a', () => {
  // Source: the test vectors of draft-eastlake-fnv-21, appendix C: "" and "foobar".
  expect(seedFrom('')).toBe(0x811c9dc5);
  expect(seedFrom('foobar')).toBe(0xbf9cf968);
});
