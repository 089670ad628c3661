import { expect, test } from '@jest/globals';
import { type DiskVitals, judgeHealth } from '#domain/disks/judge-health.ts';

const sound: DiskVitals = {
  isPassed: true,
  criticalWarning: 0,
  availableSpare: 100,
  spareThreshold: 10,
  percentageUsed: 3,
  temperatureCelsius: 40,
  errorCounts: { 'media errors': 7 },
};
const judged = (changes: Partial<DiskVitals>, first = sound) =>
  judgeHealth({ ...sound, ...changes }, first);

test('a disk that says nothing bad, or nothing at all, is left alone', () => {
  expect(judged({})).toBeUndefined();
  expect(judgeHealth({ errorCounts: {} }, { errorCounts: {} })).toBeUndefined();
});

test.each<[string, Partial<DiskVitals>, RegExp]>([
  ['its own verdict', { isPassed: false }, /SMART/],
  ['unreliable media', { criticalWarning: 4 }, /critical warning 4/],
  ['a heat warning beside another', { criticalWarning: 6 }, /critical warning 6/],
  ['too few spare blocks', { availableSpare: 9 }, /^9 % of its spare/],
  ['errors that have become more', { errorCounts: { 'media errors': 8 } }, /from 7 to 8/],
  ['errors of a kind that there was none of', { errorCounts: { 'pending sectors': 1 } }, /0 to 1/],
])('is drained: %s', (_name, changes, reason) => {
  expect(judged(changes)).toEqual({ advice: 'drain', reason: expect.stringMatching(reason) });
});

test.each<[string, Partial<DiskVitals>]>([
  ['hot', { temperatureCelsius: 61 }],
  ['hot by its own measure', { criticalWarning: 2 }],
  ['past its life by the vendor’s estimate', { percentageUsed: 100 }],
])('is spared, not drained: %s', (_name, changes) => {
  expect(judged(changes)).toMatchObject({ advice: 'spare' });
});

test('error counts that were there when the agent began to look are no news', () => {
  const old = { ...sound, errorCounts: { 'reallocated sectors': 1975 } };
  expect(judgeHealth(old, old)).toBeUndefined();
});
