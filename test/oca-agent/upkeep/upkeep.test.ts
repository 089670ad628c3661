import { expect, test } from '@jest/globals';
import { CdnError } from '#domain/errors.ts';
import { Upkeep } from '../../../oca-agent/upkeep/upkeep.ts';
import type { UpkeepTask } from '../../../oca-agent/upkeep/upkeep-task.ts';
import { ManualClock, settled } from '../fixtures/manual-clock.ts';

const done: string[] = [];
/** A task with so many steps to do. */
class Steps implements UpkeepTask {
  readonly name: string;
  left: number;
  constructor(name: string, left: number) {
    this.name = name;
    this.left = left;
  }
  async step() {
    if (this.left === 0) return false;
    this.left -= 1;
    done.push(this.name);
    return true;
  }
}

function start(...lanes: UpkeepTask[][]) {
  done.length = 0;
  const clock = new ManualClock();
  const events: unknown[] = [];
  const upkeep = new Upkeep({ lanes, clock, log: (event, facts) => events.push([event, facts]) });
  const ending = new AbortController();
  const ended = upkeep.run(ending.signal);
  const stop = async () => {
    ending.abort();
    await settled();
    await clock.advance(1000);
    await ended;
  };
  return { upkeep, clock, events, stop, ending, ended };
}

test('the most urgent task with work goes first, and takes its turn again when it has new work', async () => {
  const repair = new Steps('repair', 2);
  const moves: UpkeepTask = {
    name: 'move',
    async step() {
      if (done.filter((name) => name === 'move').length === 2) return false;
      done.push('move');
      if (done.length === 3) repair.left = 1;
      return true;
    },
  };
  const { stop } = start([repair, moves]);
  await settled();
  expect(done).toEqual(['repair', 'repair', 'move', 'repair', 'move']);
  await stop();
});

test('lanes do not wait for each other', async () => {
  const stuck: UpkeepTask = { name: 'stuck', step: () => new Promise(() => undefined) };
  const { stop, upkeep } = start([stuck, new Steps('behind', 1)], [new Steps('beside', 3)]);
  await settled();
  expect(done).toEqual(['beside', 'beside', 'beside']);
  expect(upkeep.status().map(({ task, state }) => [task, state])).toContainEqual([
    'beside',
    'idle',
  ]);
  await stop();
});

test('a task that throws is logged and tried again, each time later, and holds nobody up', async () => {
  let tries = 0;
  const failing: UpkeepTask = {
    name: 'failing',
    async step() {
      tries += 1;
      throw new CdnError('disk-busy', 'disk a does not answer');
    },
  };
  const { stop, upkeep, clock, events } = start([failing, new Steps('other', 2)]);
  await settled();
  expect([tries, done]).toEqual([1, ['other', 'other']]);
  expect(upkeep.status()[0]).toMatchObject({ state: 'failing', reason: 'disk-busy' });
  expect(events).toEqual([
    [
      'upkeep.step.failed',
      { task: 'failing', code: 'disk-busy', message: 'disk a does not answer' },
    ],
  ]);
  for (let second = 0; second < 600; second += 5) await clock.advance(5000);
  expect(tries).toBeGreaterThan(5);
  expect(tries).toBeLessThan(12);
  await stop();
});

test('work that is announced is done at once, other work within seconds', async () => {
  const task = new Steps('task', 0);
  const { stop, upkeep, clock } = start([task]);
  await settled();
  task.left = 1;
  upkeep.wake();
  await settled();
  expect(done).toEqual(['task']);
  task.left = 1;
  await settled();
  expect(done).toEqual(['task']);
  await clock.advance(5000);
  expect(done).toEqual(['task', 'task']);
  await stop();
});

test('it stops within a second, also when a step does not', async () => {
  const stuck: UpkeepTask = { name: 'stuck', step: () => new Promise(() => undefined) };
  const { clock, ending, ended } = start([stuck]);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  ending.abort();
  await settled();
  await clock.advance(999);
  expect(hasEnded).toBe(false);
  await clock.advance(1);
  expect(hasEnded).toBe(true);
});

test('tasks of one name are told of as one, by the worst of their states', async () => {
  const failing: UpkeepTask = { name: 'scrub', step: () => Promise.reject(new Error('no')) };
  const { stop, upkeep } = start([new Steps('scrub', 0)], [failing], [new Steps('scrub', 0)]);
  await settled();
  expect(upkeep.status()).toMatchObject([{ task: 'scrub', state: 'failing', reason: 'internal' }]);
  await stop();
});
