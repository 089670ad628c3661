import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from '@jest/globals';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { filesIn, pull, wrongAssets } from '../fixtures/parity-files.ts';
import { StoreOnDisks, type StoreOptions } from '../fixtures/store-on-disks.ts';
import { until } from '../fixtures/until.ts';

let site: StoreOnDisks;
afterEach(() => site.remove());

async function open(options: StoreOptions = {}): Promise<HeldAsset[]> {
  const parity = { dataFiles: 4, parityFiles: 2 };
  site = await StoreOnDisks.open({ hddDisks: 8, parity, ...options });
  const assets: HeldAsset[] = [];
  for (let seed = 1; seed <= 9; seed += 1) assets.push(await site.put(seed, 200_000));
  await site.protect();
  return assets;
}
const catalogue = () => join(site.folder, 'state', 'parity.db');
const rows = () =>
  Promise.all(site.disks().map(({ path }) => filesIn(join(path, 'parity')))).then((all) =>
    all.flat(),
  );
const events = () => site.events.map(({ event }) => event);

test('a catalogue that is damaged half-way is told anew from the disks', async () => {
  await open();
  const before = await rows();
  await site.close();
  const database = new DatabaseSync(catalogue());
  database.exec(
    `UPDATE parityGroup SET rowDisks = 'hdd-1' WHERE groupId = (SELECT max(groupId) FROM parityGroup)`,
  );
  database.close();
  await site.reopen();
  expect(events()).toContain('parity.catalogue.unsound');
  expect(site.keeper?.report()).toMatchObject({ protectedAssets: 9, unprotectedAssets: 0 });
  await site.protect();
  expect(await rows()).toEqual(before);
  await pull(site, ['hdd-1', 'hdd-2']);
  expect(await wrongAssets(site.store)).toEqual([]);
});

test('a start without a catalogue is tried again, and meanwhile nobody waits for it', async () => {
  const clock = new ManualClock();
  const assets = await open({ clock });
  await site.close();
  await rm(catalogue());
  await mkdir(join(catalogue(), 'in the way'), { recursive: true });
  const opened = site.reopen();
  await until(() => events().includes('parity.load.failed'), 'the first try');
  expect(await site.keeper?.openLost(assets[0] as HeldAsset)).toBeUndefined();
  expect(site.keeper?.parts).toBeUndefined();
  await expect(site.protect()).rejects.toThrow();
  await rmdir(join(catalogue(), 'in the way'));
  await rmdir(catalogue());
  await clock.advance(1000);
  await opened;
  expect(site.keeper?.report()).toMatchObject({ protectedAssets: 9, unprotectedAssets: 0 });
});

test('a store is closed while its groups are still being read', async () => {
  const clock = new ManualClock();
  await open({ clock });
  await site.close();
  await rm(catalogue());
  await mkdir(join(catalogue(), 'in the way'), { recursive: true });
  const opened = site.reopen();
  await until(() => events().includes('parity.load.failed'), 'the first try');
  await site.close();
  await opened;
  expect(site.keeper).toBeUndefined();
});

test('parity files whose sidecars cannot be read now are left where they are', async () => {
  let isRefused = false;
  const fileSystem = failingFiles((operation, path) => {
    const isSidecar = operation === 'readText' && path.includes('/parity/');
    return isRefused && isSidecar ? 'EIO' : undefined;
  });
  await open({ fileSystem });
  const before = await rows();
  await site.close();
  await rm(catalogue());
  isRefused = true;
  await site.reopen();
  isRefused = false;
  expect(await rows()).toEqual(before);
  await site.reopen();
  expect(site.keeper?.report()).toMatchObject({ protectedAssets: 9, unprotectedAssets: 0 });
});
