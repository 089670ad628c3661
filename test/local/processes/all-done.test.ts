import { expect, test } from '@jest/globals';
import { allDone } from '../../../local/processes/all-done.ts';

test('a failure is told when nothing is under way any more', async () => {
  const slow = Promise.withResolvers<string>();
  let isSettled = false;
  const done = allDone([Promise.reject(new Error('early')), slow.promise]);
  const settled = done
    .catch(() => undefined)
    .then(() => {
      isSettled = true;
    });
  await new Promise(setImmediate);
  expect(isSettled).toBe(false);
  slow.resolve('late');
  await settled;
  await expect(done).rejects.toThrow('early');
});

test('outcomes come in the order of the work', async () => {
  expect(await allDone([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
});
