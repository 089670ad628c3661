import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { bitsPerSecond } from '#domain/units.ts';
import { type FileSystem, nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { StoreUpkeep } from '../../../oca-agent/upkeep/store-upkeep.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';
import { until } from '../fixtures/until.ts';

const SIZE = 200_000;
const HOUR_MS = 3_600_000;
let disks: StoreOnDisks;
afterEach(() => disks.remove());

/** The real file system; writes onto flash wait until they are let go. */
function slowFlash() {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async create(path, options) {
      const file = await nodeFileSystem.create(path, options);
      if (!path.includes('flash-1') || !path.endsWith('.part')) return file;
      const write: typeof file.write = async (chunk, position) => {
        begun.resolve();
        await gate.promise;
        await file.write(chunk, position);
      };
      return { ...file, write };
    },
  };
  return { fileSystem, begun: begun.promise, letGo: gate.resolve };
}

test('a move that takes long holds no repair up', async () => {
  const clock = new ManualClock();
  const slow = slowFlash();
  const { fileSystem } = slow;
  const parity = { dataFiles: 2, parityFiles: 1 };
  disks = await StoreOnDisks.open({ clock, fileSystem, flashDisks: 1, hddDisks: 5, parity });
  const { store, keeper, log } = disks;
  const [hot, ...others] = [
    await disks.put(1, SIZE),
    await disks.put(2, SIZE),
    await disks.put(3, SIZE),
  ];
  if (!hot) throw new Error('nothing was put');
  await disks.protect();
  const config = {
    maintenanceBitsPerSecond: bitsPerSecond(1e12),
    scrubPeriodDays: 0,
    servingTree: undefined,
    stateDirectory: join(disks.folder, 'state'),
  };
  const platform = { clock, fileSystem };
  const upkeep = new StoreUpkeep({
    config,
    platform,
    store,
    keeper,
    deliveryPressure: () => 0,
    log,
  });
  await clock.advance(HOUR_MS);
  for (let use = 0; use < 9; use += 1) store.noteUse(hot);
  const ending = new AbortController();
  const ended = upkeep.run(ending.signal);
  await slow.begun;
  const lost = others.find(({ diskId }) => diskId !== hot.diskId);
  if (!lost) throw new Error('all lie on one disk');
  const folder = join(disks.folder, lost.diskId);
  await rename(folder, `${folder}-pulled`);
  await store.volume(lost.diskId)?.look();
  // The clock stands still: the disk that is slow is not given up.
  const isRepaired = () => {
    upkeep.wake();
    return store.index.asset(lost.assetId)?.diskId !== lost.diskId;
  };
  await until(isRepaired, 'the repair');
  expect(store.index.asset(hot.assetId)?.tier).toBe('hdd');
  slow.letGo();
  ending.abort();
  await clock.advance(1000);
  await ended;
}, 30_000);
