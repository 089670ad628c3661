import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { Appliance, films } from './support/appliance.ts';
import { newSeed } from './support/seed.ts';
import { Workspace } from './support/workspace.ts';

jest.setTimeout(240_000);
const hdds = (count: number) => Array.from({ length: count }, (_, index) => `hdd-${index + 1}`);

const seed = newSeed('disk swap');
let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace.clear());
afterAll(() => workspace.close());

const protectedAll = (appliance: Appliance, count: number) =>
  appliance.until(({ parity }) => parity?.protectedAssets === count, `parity over ${count} assets`);

test('a disk is pulled and replaced by a blank one at run time: nothing is written beneath, no viewer notices', async () => {
  const appliance = await Appliance.start(workspace, {
    disks: hdds(4),
    config: { parity: { dataFiles: 2, parityFiles: 1 } },
  });
  await appliance.fill(films(seed, 16), 'hdd');
  await protectedAll(appliance, 16);
  const { name } = await appliance.fullest();
  const pulled = appliance.disk(name);

  await pulled.pull();
  await appliance.plan(films(seed, 8, 'later'), 'hdd');
  expect(await appliance.badAmong(films(seed, 16).keys())).toEqual([]);
  expect(await appliance.untilDisk(name, 'failed')).toMatch(/pulled|mount|marker/);
  await appliance.untilFilled();
  expect(await readdir(pulled.mountPoint)).toEqual([]);
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);

  await pulled.replaceByBlank();
  await appliance.until(
    ({ disks }) => disks.some(({ reason }) => reason?.includes('oca disks replace')),
    'the blank disk to be noticed',
  );
  expect(await readdir(pulled.mountPoint)).toEqual([]);
  await appliance.manage(`/disks/${name}/replace`);
  await appliance.untilDisk(name, 'replaced', 'healthy');
  await appliance.fill(films(seed, 8, 'last'), 'hdd');
  await appliance.untilDisk(name, 'healthy');
  expect((await appliance.filesOn(name)).length).toBeGreaterThan(0);
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test('the same disk put back holds what it held', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 8), 'flash');
  const { name } = await appliance.fullest();
  appliance.site.cloudFront.files.clear();
  await appliance.disk(name).pull();
  await appliance.untilDisk(name, 'failed');
  await appliance.disk(name).putBack();
  await appliance.untilDisk(name, 'healthy');
  await appliance.untilFilled();
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test('two of twelve disks are pulled while viewers read: every byte is right, before and after the repair', async () => {
  const appliance = await Appliance.start(workspace, { disks: hdds(12) });
  await appliance.fill(films(seed, 48), 'hdd');
  await protectedAll(appliance, 48);
  appliance.site.cloudFront.files.clear();
  const readAll = () =>
    Promise.all([1, 2, 3, 4].map(() => appliance.badAmong(appliance.contents.keys(), true)));

  const reading = readAll();
  await appliance.disk('hdd-3').pull();
  await appliance.disk('hdd-8').pull();
  expect((await reading).flat()).toEqual([]);
  expect((await readAll()).flat()).toEqual([]);
  await appliance.untilDisk('hdd-3', 'failed');
  await appliance.untilDisk('hdd-8', 'failed');
  await appliance.until(({ parity }) => parity?.reconstructedAssets === 0, 'the repair');
  expect((await readAll()).flat()).toEqual([]);
});
