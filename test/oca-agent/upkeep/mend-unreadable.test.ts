import { afterEach, expect, test } from '@jest/globals';
import { bitsPerSecond } from '#domain/units.ts';
import { nodePlatform } from '../../../oca-agent/platform/node-platform.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { StoreUpkeep } from '../../../oca-agent/upkeep/store-upkeep.ts';
import { BadSectors } from '../fixtures/bad-sectors.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { readId } from '../fixtures/parity-files.ts';
import { StoreOnDisks, type StoreOptions } from '../fixtures/store-on-disks.ts';
import { until } from '../fixtures/until.ts';

const SIZE = 300_000;
let disks: StoreOnDisks;
let sectors: BadSectors;
let stop: AbortController;
let running: Promise<void>;

async function open(options: StoreOptions): Promise<HeldAsset> {
  sectors = new BadSectors();
  disks = await StoreOnDisks.open({ ...options, fileSystem: sectors.files });
  const [bad] = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
  await disks.protect();
  sectors.spoil(disks.pathOf(bad), 1000);
  const upkeep = new StoreUpkeep({
    config: {
      maintenanceBitsPerSecond: bitsPerSecond(1e9),
      scrubPeriodDays: 0,
      servingTree: undefined,
      stateDirectory: disks.folder,
    },
    platform: nodePlatform(),
    store: disks.store,
    keeper: disks.keeper,
    deliveryPressure: () => 0,
    log: disks.log,
  });
  stop = new AbortController();
  running = upkeep.run(stop.signal);
  return bad;
}
afterEach(async () => {
  stop.abort();
  await running;
  await disks.remove();
});

test('a viewer who runs into a bad sector gets every byte, and nobody runs into it after that', async () => {
  const bad = await open({ hddDisks: 4, parity: { dataFiles: 2, parityFiles: 1 } });
  expect(await readId(disks.store, bad)).toBe(bad.assetId);
  const isRepaired = () => disks.events.some(({ event }) => event === 'store.asset.repaired');
  await until(isRepaired, 'the repair');
  expect((await disks.stored(bad.assetId)).equals(seededBytes(1, SIZE))).toBe(true);
  const held = disks.store.index.asset(bad.assetId) as HeldAsset;
  const before = sectors.paths.length;
  expect(await readId(disks.store, held)).toBe(bad.assetId);
  expect(sectors.paths.length - before).toBe(1);
});

test('where there is no parity the asset is removed, to be filled again', async () => {
  const bad = await open({ hddDisks: 2 });
  await expect(readId(disks.store, bad)).rejects.toThrow();
  await until(() => !disks.store.index.asset(bad.assetId), 'the asset to go');
});
