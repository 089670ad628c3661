import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Shortlist } from '#domain/tiering/shortlist.ts';

test('it keeps the highest scores of any that are offered', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.integer({ min: 1, max: 8 }), (scores, length) => {
      const list = new Shortlist<string>(length);
      for (const score of scores) list.offer(`asset-${score}`, score);
      const best = [...scores].sort((one, other) => other - one).slice(0, length);
      expect(list.items).toEqual(best.map((score) => `asset-${score}`));
    }),
  );
});

test('what is offered again takes its new place, once', () => {
  const list = new Shortlist<string>(3);
  list.offer('a', 1);
  list.offer('b', 2);
  list.offer('a', 3);
  expect(list.items).toEqual(['a', 'b']);
  list.clear();
  expect([list.items, list.scoreMin]).toEqual([[], Number.NEGATIVE_INFINITY]);
});
