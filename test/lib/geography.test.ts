import { expect, test } from '@jest/globals';
import { CONTINENTS, servingContinent } from '../../lib/geography.ts';

test('a continent with a region of its own is served from it', () => {
  expect(servingContinent('SA', ['us-east-1', 'sa-east-1'])).toBe('SA');
});

test('a continent without a region is served from the nearest one that has', () => {
  const regions = ['us-east-1', 'eu-west-1', 'ap-southeast-1'] as const;
  expect(CONTINENTS.map((continent) => servingContinent(continent, regions))).toEqual([
    'NA',
    'NA',
    'EU',
    'EU',
    'AS',
    'AS',
  ]);
});

test('one region serves the world', () => {
  const everyone = CONTINENTS.map((continent) => servingContinent(continent, ['ap-southeast-2']));
  expect(new Set(everyone)).toEqual(new Set(['OC']));
});
