import { expect, test } from '@jest/globals';
import {
  formatAge,
  formatBitRate,
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatShare,
} from '../../../console/model/format.ts';

test('sizes have three digits at most and decimal units', () => {
  expect([0, 1, 999, 1000, 12_345, 999_400, 67_108_864, 4e12].map(formatBytes)).toEqual([
    '0 B',
    '1 B',
    '999 B',
    '1.00 kB',
    '12.3 kB',
    '999 kB',
    '67.1 MB',
    '4.00 TB',
  ]);
});

test('a size that rounds up to the next unit is written in it', () => {
  expect([999_999, 999_999_999].map(formatBytes)).toEqual(['1.00 MB', '1.00 GB']);
});

test('a size beyond the last unit stays in it', () => {
  expect(formatBytes(5e18)).toBe('5000 PB');
});

test('rates are in bits', () => {
  expect([0, 0.4, 1500, 2.5e9].map(formatBitRate)).toEqual([
    '0 bit/s',
    '0 bit/s',
    '1.50 kbit/s',
    '2.50 Gbit/s',
  ]);
});

test('a share never rounds to nothing or to all', () => {
  expect([0, 0.0001, 0.01, 0.5, 0.9999, 1].map(formatShare)).toEqual([
    '0 %',
    '<1 %',
    '1 %',
    '50 %',
    '>99 %',
    '100 %',
  ]);
});

test('ages read from now to hours, and a clock ahead of ours is now', () => {
  expect([-5000, 0, 2000, 119_000, 120_000, 7_200_000].map(formatAge)).toEqual([
    'just now',
    'just now',
    '2 s ago',
    '119 s ago',
    '2 min ago',
    '2 h ago',
  ]);
});

test('short durations are in milliseconds, long ones in seconds', () => {
  expect([3.4, 999, 1500].map(formatMilliseconds)).toEqual(['3 ms', '999 ms', '1.5 s']);
});

test('one of something is singular', () => {
  expect([0, 1, 2].map((count) => formatCount(count, 'request'))).toEqual([
    '0 requests',
    '1 request',
    '2 requests',
  ]);
});
