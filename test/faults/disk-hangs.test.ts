import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { Appliance, films } from './support/appliance.ts';
import { newSeed } from './support/seed.ts';
import { Workspace } from './support/workspace.ts';

jest.setTimeout(240_000);
const VIEWERS_OF_THE_HUNG = 64;
const READS_BESIDE = 200;
/** A minute of judging takes ten seconds. The reads of the slow disk take a second, six by the agent's clock. */
const CLOCK_FACTOR = 6;
/** The limit of the service manager is five; the rest is for a machine that others use too. */
const STOPPED_WITHIN_MS = 6000;
const COLD_FILES = 3;
const SLOW_BITS_PER_SECOND = 6_000_000;
const WARM_READS = 60;

const seed = newSeed('disk hangs');
let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace.clear());
afterAll(() => workspace.close());

const cycled = (files: readonly string[], count: number): string[] =>
  Array.from({ length: count }, (_, index) => files[index % files.length] ?? '');

test('a disk that hangs holds up nobody else, its viewers are served from upstream, and it comes back', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 16), 'flash');
  const { name, files } = await appliance.fullest();
  const others = [...appliance.contents.keys()].filter((file) => !files.includes(file));
  await appliance.forget(name);
  appliance.disk(name).hang(true);

  const waiting = cycled(files, VIEWERS_OF_THE_HUNG).map((file) => appliance.badAmong([file]));
  expect(await appliance.badAmong(cycled(others, READS_BESIDE), true)).toEqual([]);
  expect((await Promise.all(waiting)).flat()).toEqual([]);
  expect(await appliance.untilDisk(name, 'slow')).toMatch(/hang|hung|answer/);
  expect(await appliance.badAmong([...files, ...others])).toEqual([]);

  appliance.disk(name).hang(false);
  await appliance.untilDisk(name, 'healthy');
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test('a disk that hangs where nobody else has the bytes sheds its viewers', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 8), 'flash');
  const { name, files } = await appliance.fullest();
  await appliance.forget(name);
  appliance.site.cloudFront.interfere = (request) => {
    request.destroy();
    return true;
  };
  appliance.disk(name).hang(true);
  const served = await Promise.all(cycled(files, 16).map((file) => appliance.get(file)));
  expect(served.map(({ status }) => Math.floor(status / 100))).toEqual(served.map(() => 5));
});

test('an agent with a disk that hangs stops within six seconds', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 8), 'flash');
  const { name, files } = await appliance.fullest();
  await appliance.forget(name);
  appliance.disk(name).hang(true);
  const asked = files.map((file) => appliance.get(file).catch(() => undefined));
  await appliance.until(
    ({ disks }) => disks.some(({ diskId, inFlight }) => diskId === name && inFlight > 0),
    'an operation to hang',
  );
  const toldAt = performance.now();
  expect(await appliance.stopAgent()).toBe('SIGTERM');
  expect(performance.now() - toldAt).toBeLessThan(STOPPED_WITHIN_MS);
  expect(appliance.events('oca.stopped')).toHaveLength(1);
  await Promise.all(asked);
});

test('an agent starts beside a disk that hangs, serves the others, and takes it in when it answers', async () => {
  const disks = ['flash-1', 'flash-2'];
  const appliance = await Appliance.start(workspace, { disks, clockFactor: CLOCK_FACTOR });
  await appliance.fill(films(seed, 16), 'flash');
  const { name, files } = await appliance.fullest();
  const others = [...appliance.contents.keys()].filter((file) => !files.includes(file));
  await appliance.killAgent();
  await appliance.disk(name).forget([join(appliance.disk(name).mountPoint, '.oca-disk')]);
  appliance.disk(name).hang(true);
  await appliance.startAgent();
  expect(await appliance.untilDisk(name, 'failed')).toMatch(/does not answer/);
  expect(await appliance.badAmong(others, true)).toEqual([]);
  expect(await appliance.badAmong(files)).toEqual([]);

  appliance.disk(name).hang(false);
  await appliance.untilDisk(name, 'healthy');
  await appliance.untilFilled();
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test('a disk much slower than the others of its tier is called slow, with the reason, until it is not', async () => {
  const disks = ['hdd-1', 'hdd-2', 'hdd-3'];
  const appliance = await Appliance.start(workspace, { disks, clockFactor: CLOCK_FACTOR });
  await appliance.fill(films(seed, 24), 'hdd');
  const { name, files } = await appliance.fullest();
  const cold = files.slice(0, COLD_FILES);
  const warm = [...appliance.contents.keys()].filter((file) => !cold.includes(file));
  /** Some reads of the one disk go to the device, and many of all disks are answered from memory. */
  const lap = async () => {
    await appliance.disk(name).forget(cold.map((file) => appliance.pathOn(name, file)));
    const bad = cold.flatMap((file) => [
      appliance.badAmong([file], true),
      appliance.badStarts(cycled(warm, WARM_READS)),
    ]);
    expect((await Promise.all(bad)).flat()).toEqual([]);
  };
  const stateOf = async () => (await appliance.diskReport(name))?.state;

  await appliance.disk(name).limit(SLOW_BITS_PER_SECOND);
  while ((await stateOf()) === 'healthy') await lap();
  expect(await appliance.diskReport(name)).toMatchObject({
    state: 'slow',
    reason: expect.stringContaining('median'),
  });
  await appliance.disk(name).limit(undefined);
  while ((await stateOf()) !== 'healthy') await lap();
});
