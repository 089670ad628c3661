import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ServingTree } from '../../../oca-agent/store/serving-tree.ts';
import { KeepTree } from '../../../oca-agent/upkeep/keep-tree.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';

let disks: StoreOnDisks;
let task: KeepTree;
let errno: string | undefined;
const { signal } = new AbortController();

beforeEach(async () => {
  disks = await StoreOnDisks.open({ hddDisks: 1 });
  errno = undefined;
  const tree = new ServingTree({
    folder: join(disks.folder, 'tree'),
    names: disks.store.index,
    pathOf: (asset) => disks.pathOf(asset),
    files: failingFiles((operation) => (operation === 'makeFolder' ? errno : undefined)),
    log: disks.log,
  });
  task = new KeepTree(disks.store, tree);
});
afterEach(() => disks.remove());

test('a tree that could not be told is told again, and then let be', async () => {
  const asset = await disks.put(1, 1000);
  errno = 'ENOSPC';
  await expect(task.step(signal)).rejects.toMatchObject({ code: 'ENOSPC' });
  errno = undefined;
  expect(await task.step(signal)).toBe(true);
  expect(await readlink(join(disks.folder, 'tree', 'title-1', '1.mp4'))).toBe(disks.pathOf(asset));
  expect(await task.step(signal)).toBe(false);
});
