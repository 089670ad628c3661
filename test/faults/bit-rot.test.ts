import { open } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { seededRandom } from '#domain/random.ts';
import { Appliance, films } from './support/appliance.ts';
import { newSeed } from './support/seed.ts';
import { Workspace } from './support/workspace.ts';

jest.setTimeout(240_000);
const ASSETS = 100;

const seed = newSeed('bit rot');
const random = seededRandom(seed);
let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace.clear());
afterAll(() => workspace.close());

/** Changes one byte of an asset where it lies. */
async function rot(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'r+');
  const at = Math.floor(random.next() * sizeBytes);
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << Math.floor(random.next() * 8));
  await file.write(byte, 0, 1, at);
  await file.close();
}

/** Rots every asset of a disk; how many that were. */
async function rotDisk(appliance: Appliance, name: string): Promise<number> {
  const files = await appliance.filesOn(name);
  for (const file of files)
    await rot(appliance.pathOn(name, file), appliance.contents.get(file)?.length ?? 0);
  return files.length;
}

const findings = async (appliance: Appliance) => {
  const { scrub } = await appliance.status();
  return { repaired: scrub?.repairedAssets ?? 0, lost: scrub?.lostAssets ?? 0 };
};

test(`each of ${ASSETS} assets rots: scrub finds them all and tells them from parity, nobody else is asked`, async () => {
  const disks = ['hdd-1', 'hdd-2', 'hdd-3', 'hdd-4'];
  const config = { parity: { dataFiles: 2, parityFiles: 1 } };
  const appliance = await Appliance.start(workspace, { disks, config });
  await appliance.fill(films(seed, ASSETS), 'hdd');
  const protectedAll = () =>
    appliance.until(({ parity }) => parity?.protectedAssets === ASSETS, 'parity over all assets');
  await protectedAll();
  appliance.site.cloudFront.files.clear();
  let rotten = 0;
  for (const name of disks) {
    rotten += await rotDisk(appliance, name);
    await appliance.manage('/scrub');
    await appliance.until(({ scrub }) => (scrub?.repairedAssets ?? 0) >= rotten, 'all to be found');
    await protectedAll();
  }
  expect(rotten).toBeGreaterThanOrEqual(ASSETS);
  expect(await findings(appliance)).toEqual({ repaired: rotten, lost: 0 });
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});

test('where there is no parity, what rots is removed and filled again', async () => {
  const appliance = await Appliance.start(workspace, { disks: ['flash-1', 'flash-2'] });
  await appliance.fill(films(seed, 20), 'flash');
  const rotten = await rotDisk(appliance, 'flash-1');
  await appliance.manage('/scrub');
  await appliance.until(({ scrub }) => scrub?.lostAssets === rotten, 'all to be found');
  await appliance.untilFilled();
  expect(await appliance.badAmong(appliance.contents.keys(), true)).toEqual([]);
});
