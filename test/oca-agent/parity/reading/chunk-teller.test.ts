import { afterEach, expect, test } from '@jest/globals';
import { milliseconds } from '#domain/units.ts';
import type { HeldAsset } from '../../../../oca-agent/store/asset.ts';
import { BadSectors } from '../../fixtures/bad-sectors.ts';
import { failingFiles } from '../../fixtures/failing-files.ts';
import { StoreOnDisks, type StoreOptions } from '../../fixtures/store-on-disks.ts';

const SIZE = 100_000;
let site: StoreOnDisks;
afterEach(() => site.remove());

/** Four assets that are one group. */
async function open(options: StoreOptions): Promise<HeldAsset[]> {
  const parity = { dataFiles: 4, parityFiles: 2 };
  site = await StoreOnDisks.open({ hddDisks: 8, parity, ...options });
  const assets: HeldAsset[] = [];
  for (let seed = 1; seed <= 4; seed += 1) assets.push(await site.put(seed, SIZE));
  await site.protect();
  return assets;
}

test('a disk that is slow, or hangs, is read last: other pieces tell the chunk', async () => {
  const sectors = new BadSectors();
  const [asset, slow] = (await open({ fileSystem: sectors.files })) as [HeldAsset, HeldAsset];
  const volume = site.store.volume(slow.diskId);
  volume?.guard.learn({ kind: 'hung', duration: milliseconds(20_000) });
  expect(volume?.state.state).toBe('slow');
  sectors.paths.length = 0;
  expect(await site.keeper?.reconstructChunk(asset, 0)).toHaveLength(SIZE);
  expect(sectors.paths).toHaveLength(4);
  expect(sectors.paths.filter((path) => path.includes(`/${slow.diskId}/`))).toEqual([]);
});

test('too few pieces now is another answer than too few pieces: who asks is told to come again', async () => {
  const answers = new Map<string, string>();
  const fileSystem = failingFiles((operation, path) =>
    operation === 'open' ? answers.get(path) : undefined,
  );
  const [asset, ...others] = (await open({ fileSystem })) as [HeldAsset, ...HeldAsset[]];
  const outcome = async () => {
    const reader = await site.keeper?.openLost(asset);
    return reader?.read(Buffer.alloc(SIZE), 0).then(
      (readBytes) => readBytes,
      ({ code }) => code,
    );
  };
  for (const other of others) answers.set(site.pathOf(other), 'disk-busy');
  expect(await outcome()).toBe('disk-busy');
  for (const other of others) answers.set(site.pathOf(other), 'ENOENT');
  expect(await outcome()).toBe('asset-not-stored');
  answers.clear();
  expect(await outcome()).toBe(SIZE);
});
