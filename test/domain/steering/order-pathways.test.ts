import { expect, test } from '@jest/globals';
import type { OcaId, PathwayId } from '#domain/ids.ts';
import { orderPathways } from '#domain/steering/order-pathways.ts';

const pathways = (...ids: string[]) => ids as PathwayId[];
const SESSION = pathways('metro-1', 'metro-2', 'exchange-1', 'cloudfront');

test('with no OCA in service there is CloudFront', () => {
  expect(orderPathways(SESSION, () => false)).toEqual(['cloudfront']);
  expect(orderPathways([], () => true)).toEqual(['cloudfront']);
});

test('a session keeps its order while nothing changes', () => {
  expect(orderPathways(SESSION, () => true)).toEqual(SESSION);
});

test('an OCA out of service is left out and comes back to its place', () => {
  const isUp = (id: PathwayId) => id !== ('metro-1' as OcaId);
  expect(orderPathways(SESSION, isUp)).toEqual(['metro-2', 'exchange-1', 'cloudfront']);
  expect(orderPathways(SESSION, () => true)[0]).toBe('metro-1');
});

test('CloudFront is last though a token names it first, or not at all', () => {
  expect(orderPathways(pathways('cloudfront', 'metro-1', 'metro-1'), () => true)).toEqual([
    'metro-1',
    'cloudfront',
  ]);
  expect(orderPathways(pathways('metro-1'), () => true)).toEqual(['metro-1', 'cloudfront']);
});

test('the distributions of a session keep their order behind its OCAs, and no other is added', () => {
  const session = pathways('cloudfront-3', 'metro-1', 'cloudfront-2');
  expect(orderPathways(session, () => true)).toEqual(['metro-1', 'cloudfront-3', 'cloudfront-2']);
  expect(orderPathways(session, () => false)).toEqual(['cloudfront-3', 'cloudfront-2']);
});
