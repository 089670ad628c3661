import { expect, test } from '@jest/globals';
import { type PollSurroundings, startPolling } from '../../../console/api/poll.ts';

/** A page whose time and visibility the test turns by hand. */
function pageOf() {
  const wakers: (() => void)[] = [];
  let isHidden = false;
  let listener = () => {};
  const surroundings: PollSurroundings = {
    isHidden: () => isHidden,
    onVisibilityChange(added) {
      listener = added;
      return () => {
        listener = () => {};
      };
    },
    sleep: (_durationMs, signal) =>
      new Promise((resolve) => {
        wakers.push(resolve);
        signal.addEventListener('abort', () => resolve());
      }),
  };
  return {
    surroundings,
    /** Lets everything that waits for nothing but promises run. */
    settle: () => new Promise<void>((resolve) => setImmediate(resolve)),
    wake() {
      for (const resolve of wakers.splice(0)) resolve();
    },
    show(visible: boolean) {
      isHidden = !visible;
      listener();
    },
  };
}

function pollOf(load: (signal: AbortSignal) => Promise<number>) {
  const values: number[] = [];
  const errors: unknown[] = [];
  return {
    values,
    errors,
    poll: {
      intervalMs: 1000,
      load,
      onValue: (value: number) => values.push(value),
      onError: (error: unknown) => errors.push(error),
    },
  };
}

test('a failed call is told and does not end the polling', async () => {
  let calls = 0;
  const page = pageOf();
  const { values, errors, poll } = pollOf(async () => {
    calls += 1;
    if (calls === 1) throw new Error('no answer');
    return calls;
  });
  startPolling(poll, page.surroundings);
  await page.settle();
  page.wake();
  await page.settle();
  expect(errors).toHaveLength(1);
  expect(values).toEqual([2]);
});

test('the next call waits for the last one’s answer', async () => {
  const page = pageOf();
  let finish = (_value: number) => {};
  let calls = 0;
  const { poll } = pollOf(() => {
    calls += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  startPolling(poll, page.surroundings);
  page.wake();
  await page.settle();
  expect(calls).toBe(1);
  finish(1);
  await page.settle();
  page.wake();
  await page.settle();
  expect(calls).toBe(2);
});

test('a hidden page asks nothing, and asks at once when it is shown', async () => {
  const page = pageOf();
  let calls = 0;
  const { values, poll } = pollOf(async () => {
    calls += 1;
    return calls;
  });
  page.show(false);
  startPolling(poll, page.surroundings);
  await page.settle();
  expect(calls).toBe(0);
  page.show(true);
  await page.settle();
  expect(values).toEqual([1]);
  page.show(false);
  page.wake();
  await page.settle();
  expect(calls).toBe(1);
});

test('stopping aborts the call under way, and its late answer is not told', async () => {
  const page = pageOf();
  let finish = (_value: number) => {};
  let given: AbortSignal | undefined;
  const { values, errors, poll } = pollOf((signal) => {
    given = signal;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  const stop = startPolling(poll, page.surroundings);
  stop();
  finish(1);
  await page.settle();
  expect(given?.aborted).toBe(true);
  expect([...values, ...errors]).toEqual([]);
});
