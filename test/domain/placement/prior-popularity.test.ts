import { expect, test } from '@jest/globals';
import { priorPopularity, trackShare } from '#domain/placement/prior-popularity.ts';
import { epochMs } from '#domain/units.ts';

const DAY_MS = 86_400_000;
const NOW = epochMs(1_800_000_000_000);
const aged = (days: number) => priorPopularity(epochMs(NOW - days * DAY_MS), NOW);

test('interest halves in three weeks and never dies', () => {
  expect(aged(0)).toBe(10_010);
  expect(aged(21)).toBeCloseTo(5_010);
  expect(aged(3650)).toBeGreaterThanOrEqual(10);
});

test('a title of the future counts as new', () => {
  expect(aged(-1)).toBe(aged(0));
});

const tracks = [
  { trackId: 'low', kind: 'video' as const, bandwidthBitsPerSecond: 1_000_000 },
  { trackId: 'high', kind: 'video' as const, bandwidthBitsPerSecond: 3_000_000 },
  { trackId: 'en', kind: 'audio' as const, bandwidthBitsPerSecond: 96_000 },
  { trackId: 'de', kind: 'audio' as const, bandwidthBitsPerSecond: 96_000 },
];

test('rungs share their plays by bandwidth, languages equally, and manifests are read by all', () => {
  expect(trackShare('low', tracks)).toBe(0.25);
  expect(trackShare('high', tracks)).toBe(0.75);
  expect(trackShare('de', tracks)).toBe(0.5);
  expect(trackShare(undefined, tracks)).toBe(1);
});

test('rungs without a bandwidth share equally', () => {
  const unknown = tracks.map((track) => ({ ...track, bandwidthBitsPerSecond: 0 }));
  expect(trackShare('high', unknown)).toBe(0.5);
});
