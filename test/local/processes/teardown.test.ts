import { expect, test } from '@jest/globals';
import { Teardown } from '../../../local/processes/teardown.ts';

test('processes end before servers, and files go last, whatever the order of starting', async () => {
  const ended: string[] = [];
  const teardown = new Teardown();
  teardown.add('files', () => ended.push('files'));
  teardown.add('servers', () => ended.push('servers'));
  teardown.add('processes', () => ended.push('processes'));
  await teardown.run();
  expect(ended).toEqual(['processes', 'servers', 'files']);
});

test('what cannot be ended does not keep the rest from ending', async () => {
  const ended: string[] = [];
  const teardown = new Teardown();
  teardown.add('processes', () => {
    throw new Error('stuck');
  });
  teardown.add('files', () => ended.push('files'));
  await teardown.run();
  expect(ended).toEqual(['files']);
});

test('everything ends once, however often it is asked for', async () => {
  let count = 0;
  const teardown = new Teardown();
  teardown.add('servers', () => {
    count += 1;
  });
  await Promise.all([teardown.run(), teardown.run()]);
  expect(count).toBe(1);
});

test('what starts after the end began is killed at once', async () => {
  const killed: string[] = [];
  const teardown = new Teardown();
  await teardown.run();
  teardown.add(
    'processes',
    () => undefined,
    () => killed.push('late'),
  );
  expect(killed).toEqual(['late']);
});
