import { expect, test } from '@jest/globals';
import type { CloudFrontId } from '#domain/ids.ts';
import { cloudFrontIds, cloudFrontOrder } from '#domain/steering/cloudfront-pathways.ts';

const SESSIONS = 5000;
const keys = Array.from({ length: SESSIONS }, (_, index) => `session-${index}`);
const sharesOf = (orders: readonly CloudFrontId[][], place: number) =>
  Object.values(Object.groupBy(orders, (order) => order[place] ?? '')).map(
    (members = []) => members.length / SESSIONS,
  );

test('the first distribution has no number, and one alone is all that there is', () => {
  expect(cloudFrontIds(3)).toEqual(['cloudfront', 'cloudfront-2', 'cloudfront-3']);
  expect(cloudFrontOrder('any', 1)).toEqual(['cloudfront']);
});

test.each([2, 5, 40])(
  'of %d distributions each gets its share of the sessions, first and second',
  (count) => {
    const orders = keys.map((key) => cloudFrontOrder(key, count));
    for (const place of [0, 1]) {
      const shares = sharesOf(orders, place);
      expect(shares).toHaveLength(count);
      for (const share of shares) {
        // Five standard deviations of a binomial share.
        expect(Math.abs(share - 1 / count)).toBeLessThan(5 * Math.sqrt(1 / count / SESSIONS));
      }
    }
  },
);

test('a session has two different distributions, however many there are, and always the same two', () => {
  for (const key of keys.slice(0, 500)) {
    const order = cloudFrontOrder(key, 40);
    expect(new Set(order).size).toBe(2);
    expect(cloudFrontOrder(key, 40)).toEqual(order);
  }
});

test('one distribution more moves only the sessions that it takes', () => {
  for (const key of keys.slice(0, 1000)) {
    const [before, after] = [cloudFrontOrder(key, 5)[0], cloudFrontOrder(key, 6)[0]];
    expect([before, 'cloudfront-6']).toContain(after);
  }
});
