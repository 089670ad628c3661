import { expect, test } from '@jest/globals';
import { rendezvousOrder, rendezvousWeight } from '#domain/placement/rendezvous.ts';

const members = Array.from({ length: 5 }, (_, index) => `oca-${index}`);
const keys = Array.from({ length: 2000 }, (_, index) => `title-${index}`);

test('the order of a key does not depend on the order of the members', () => {
  expect(rendezvousOrder('city', members.toReversed())).toEqual(rendezvousOrder('city', members));
});

test('keys spread evenly over members', () => {
  const firsts = keys.map((key) => rendezvousOrder(key, members)[0]);
  for (const member of members) {
    const share = firsts.filter((first) => first === member).length / keys.length;
    expect(Math.abs(share - 0.2)).toBeLessThan(0.04);
  }
});

test('a member that leaves takes nothing from the others order', () => {
  for (const key of keys.slice(0, 100)) {
    const without = rendezvousOrder(key, members).filter((member) => member !== 'oca-3');
    expect(
      rendezvousOrder(
        key,
        members.filter((member) => member !== 'oca-3'),
      ),
    ).toEqual(without);
  }
});

test('weights lie in 0..1', () => {
  for (const key of keys) {
    expect(rendezvousWeight(key, 'oca-1')).toBeGreaterThanOrEqual(0);
    expect(rendezvousWeight(key, 'oca-1')).toBeLessThan(1);
  }
});
