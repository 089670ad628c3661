import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type MachineUnderTest, planning, startMachine } from './machine-under-test.ts';

let machine: MachineUnderTest;
beforeEach(async () => {
  machine = await startMachine();
});
afterEach(() => machine.stop());

const sites = (count: number) => Array.from({ length: count }, (_, index) => `site-${index}`);

test('a batch that goes on failing fails the execution, after all the others were planned', async () => {
  const planned: string[] = [];
  const { event, facts } = await machine.run(sites(45), async ({ siteIds }) => {
    if (siteIds.includes('site-3')) throw new Error('no plan for site-3');
    planned.push(...siteIds);
    return { planned: siteIds.length };
  });
  expect([event, facts.error]).toEqual(['execution.failed', 'SitesNotPlanned']);
  expect(planned.toSorted()).toEqual(sites(45).slice(10).toSorted());
  const results = await machine.objects('runs/test/results/');
  expect(results.get('FAILED_0.json')).toMatchObject([
    { Status: 'FAILED', Error: 'States.TaskFailed', Cause: 'no plan for site-3' },
  ]);
  expect(results.get('SUCCEEDED_0.json')).toHaveLength(4);
  expect(results.get('manifest.json').ResultFiles.PENDING).toEqual([]);
});

test('a list that cannot be read fails the execution', async () => {
  const { event, facts } = await machine.run('no list' as never, async () => ({}));
  expect([event, facts.error]).toEqual(['execution.failed', 'States.ItemReaderFailed']);
});

test('a batch that fails once is tried again', async () => {
  let attempts = 0;
  const { event } = await machine.run(sites(2), async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('cold');
    return {};
  });
  expect([event, attempts]).toEqual(['execution.succeeded', 2]);
});

test('every site comes once, in batches of 10 with the order, and the run is named to the scope', async () => {
  const { event } = await machine.run(sites(45));
  expect(event).toBe('execution.succeeded');
  const batches = machine.batches();
  expect(batches.map(({ siteIds }) => siteIds.length)).toEqual([10, 10, 10, 10, 5]);
  expect(batches.flatMap(({ siteIds }) => siteIds)).toEqual(sites(45));
  for (const { order } of batches) expect(order).toEqual({ window: 'next', isForced: false });
  expect(machine.invocations[0]).toEqual({
    functionId: 'ScopeFn',
    payload: { execution: expect.stringMatching(/^[\w-]+$/), event: { window: 'next' } },
  });
});

test('no more batches are planned at once than the definition says', async () => {
  await machine.stop();
  const definition = planning();
  definition.States.PlanSites.MaxConcurrency = 3;
  definition.States.PlanSites.ItemBatcher.MaxItemsPerBatch = 1;
  machine = await startMachine(definition);
  let [running, runningMax] = [0, 0];
  const { event } = await machine.run(sites(12), async () => {
    running += 1;
    runningMax = Math.max(runningMax, running);
    await new Promise(setImmediate);
    running -= 1;
    return {};
  });
  expect([event, runningMax]).toEqual(['execution.succeeded', 3]);
});

test('without sites nothing is planned, and that is no failure', async () => {
  const { event } = await machine.run([]);
  expect([event, machine.batches()]).toEqual(['execution.succeeded', []]);
});

test('the functions behind the tasks are known before anything is started', () => {
  expect(machine.machines.functions.map(({ functionId }) => functionId)).toEqual([
    'ScopeFn',
    'PlannerFn',
  ]);
});
