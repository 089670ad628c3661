import { expect, test } from '@jest/globals';
import { batchesOf, jobsOf } from '../../../oca-agent/fill/fill-batches.ts';
import { planItem } from '../fixtures/plans.ts';

const item = (titleId: string, file: string, content = `${titleId}/${file}`) =>
  planItem(file, Buffer.from(content), { titleId });

test('an asset with several names is one job, in the place of its first name', () => {
  const jobs = jobsOf([item('a', '1', 'same'), item('a', '2'), item('b', '1', 'same')]);
  expect(jobs.map(({ items }) => items.map(({ titleId, file }) => `${titleId}/${file}`))).toEqual([
    ['a/1', 'b/1'],
    ['a/2'],
  ]);
});

test('a batch keeps the order, and holds at most 100 assets', () => {
  const jobs = jobsOf(Array.from({ length: 250 }, (_, index) => item('a', `f${index}`)));
  const batches = batchesOf(jobs);
  expect(batches.map((batch) => batch.length)).toEqual([100, 100, 50]);
  expect(batches.flat()).toEqual(jobs);
});

test('a batch names at most five titles, so that its token stays short', () => {
  const titles = Array.from({ length: 12 }, (_, index) => `t${index}`);
  const batches = batchesOf(
    jobsOf(titles.flatMap((title) => [item(title, '1'), item(title, '2')])),
  );
  const titlesOf = batches.map((batch) => new Set(batch.map((job) => job.item.titleId)).size);
  expect(titlesOf).toEqual([5, 5, 2]);
});

test('nothing to do is no batch', () => {
  expect(batchesOf(jobsOf([]))).toEqual([]);
});
