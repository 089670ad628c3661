import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { Appliance, films } from './support/appliance.ts';
import { newSeed } from './support/seed.ts';
import { Workspace } from './support/workspace.ts';

jest.setTimeout(120_000);
const HDDS = ['hdd-1', 'hdd-2', 'hdd-3', 'hdd-4'];
const PARITY = { parity: { dataFiles: 2, parityFiles: 1 } };
/** Source: research "appliance", section 3.3: five failures in a row take a disk out. */
const ERRORS_MAX = 5;
const CLOCK_FACTOR = 6;

const seed = newSeed('disk errors');
let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace.clear());
afterAll(() => workspace.close());

test('reads that fail on one disk of several reach no viewer: parity tells the bytes, and the disk is out after five', async () => {
  const appliance = await Appliance.start(workspace, { disks: HDDS, config: PARITY });
  await appliance.fill(films(seed, 24), 'hdd');
  await appliance.until(({ parity }) => parity?.protectedAssets === 24, 'parity over all assets');
  const { name, files } = await appliance.fullest();
  await appliance.forget(name);
  appliance.site.cloudFront.files.clear();
  await appliance.disk(name).failReads(true);
  // All at a time: what is repaired in between is answered from memory.
  expect(files.length).toBeGreaterThanOrEqual(ERRORS_MAX);
  const asked = files.map((file) => appliance.badAmong([file], true));
  expect((await Promise.all(asked)).flat()).toEqual([]);
  expect(await appliance.untilDisk(name, 'failed')).toMatch(/EIO|read/);
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
  await appliance.until(({ parity }) => parity?.reconstructedAssets === 0, 'the repair');
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test('without parity, what a failing disk holds comes from upstream, and no viewer notices', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 60), 'flash');
  const { name } = await appliance.fullest();
  await appliance.forget(name);
  await appliance.disk(name).failReads(true);
  expect(await appliance.badAmong(appliance.contents.keys())).toEqual([]);
  expect(await appliance.untilDisk(name, 'failed')).toMatch(/EIO|read/);
  await appliance.untilFilled();
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);

  await appliance.disk(name).failReads(false);
  await appliance.manage(`/disks/${name}/return`);
  expect(await appliance.untilDisk(name, 'healthy')).toBe('');
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test.each(['xfs', 'ext4'] as const)(
  '%s: a disk that cannot be written takes nothing more; what it holds is served all the same',
  async (kind) => {
    const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'], kind });
    await appliance.fill(films(seed, 8), 'flash');
    await appliance.disk('flash-1').failWrites(true);
    await appliance.fill(films(seed, 8, 'later'), 'flash');
    const reason = await appliance.untilDisk('flash-1', 'read-only', 'failed');
    expect(reason).toMatch(/EIO|EROFS|write/);
    expect(await appliance.badAmong(appliance.contents.keys())).toEqual([]);
  },
);

test('a filesystem that turned read-only goes on serving, also over a restart, until the operator returns it', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 8), 'flash');
  const before = await appliance.filesOn('flash-1');
  const disk = appliance.disk('flash-1');
  await writeFile(join(disk.mountPoint, 'tmp', 'leftover.part'), '');
  await disk.remount('ro');
  await appliance.fill(films(seed, 8, 'later'), 'flash');
  expect(await appliance.untilDisk('flash-1', 'read-only')).toMatch(/EROFS/);
  expect(await appliance.filesOn('flash-1')).toEqual(before);
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);

  appliance.site.cloudFront.files.clear();
  await appliance.killAgent();
  await appliance.startAgent();
  expect(await appliance.untilDisk('flash-1', 'read-only')).toMatch(/EROFS/);
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
  await expect(appliance.manage('/disks/flash-1/return')).rejects.toThrow('disk-read-only');

  await disk.remount('rw');
  await appliance.manage('/disks/flash-1/return');
  expect(await appliance.untilDisk('flash-1', 'healthy')).toBe('');
  await appliance.fill(films(seed, 8, 'last'), 'flash');
  expect((await appliance.filesOn('flash-1')).length).toBeGreaterThan(before.length);
  expect(await appliance.badAmong(films(seed, 8, 'video').keys(), true)).toEqual([]);
});

test('full disks serve what they hold, misses are streamed through, and the fill goes on when there is room', async () => {
  // A disk that had no room is left alone for a minute.
  const disks = ['flash-1', 'flash-2'];
  const appliance = await Appliance.start(workspace, { disks, clockFactor: CLOCK_FACTOR });
  await appliance.fill(films(seed, 4), 'flash');
  for (const disk of appliance.disks.values()) await disk.fillUp(100_000);
  await appliance.plan(films(seed, 4, 'later'), 'flash');
  await appliance.until(({ fill }) => fill.state === 'incomplete', 'the fill to give up for now');
  expect(await appliance.badAmong(films(seed, 4).keys(), true)).toEqual([]);
  expect(await appliance.badAmong(films(seed, 4, 'later').keys())).toEqual([]);
  for (const { state } of (await appliance.status()).disks) expect(state).toBe('healthy');
  for (const disk of appliance.disks.values()) await disk.freeUp();
  await appliance.manage('/fill');
  await appliance.untilFilled();
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});
