import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { HeldAsset } from '../../../../oca-agent/store/asset.ts';
import { BadSectors } from '../../fixtures/bad-sectors.ts';
import { readId } from '../../fixtures/parity-files.ts';
import { StoreOnDisks } from '../../fixtures/store-on-disks.ts';

const KIB = 1024;
let site: StoreOnDisks;
let sectors: BadSectors;

beforeEach(async () => {
  sectors = new BadSectors();
  const parity = { dataFiles: 4, parityFiles: 2 };
  site = await StoreOnDisks.open({ hddDisks: 8, parity, fileSystem: sectors.files });
});
afterEach(() => site.remove());

const put = async (count: number) => {
  const assets: HeldAsset[] = [];
  for (let seed = 1; seed <= count; seed += 1) assets.push(await site.put(seed, 200 * KIB));
  return assets as [HeldAsset, ...HeldAsset[]];
};

test.each([
  ['lies on a bad sector', async (path: string) => sectors.spoil(path, 1000)],
  ['has vanished', (path: string) => rm(path)],
])(
  'an asset that %s keeps no other from being protected, and its disk in use',
  async (_what, damage) => {
    const [damaged, ...others] = await put(5);
    await damage(site.pathOf(damaged));
    await site.protect();
    expect(site.keeper?.report()).toMatchObject({ protectedAssets: 4, unprotectedAssets: 0 });
    expect(site.store.index.asset(damaged.assetId)).toBeUndefined();
    expect(site.store.volume(damaged.diskId)?.state.state).toBe('healthy');
    for (const asset of others) expect(await readId(site.store, asset)).toBe(asset.assetId);
  },
);

test('chunk hashes that have rotted cost no asset: it is verified by its name, and protected', async () => {
  const assets = await put(4);
  const path = `${site.pathOf(assets[0])}.json`;
  const sidecar = JSON.parse(await readFile(path, 'utf8'));
  const chunkHashes = sidecar.chunkHashes.map((hash: string) => `A${hash.slice(1)}`);
  await writeFile(path, JSON.stringify({ ...sidecar, chunkHashes }));
  await site.protect();
  expect(site.keeper?.report()).toMatchObject({ protectedAssets: 4, unprotectedAssets: 0 });
  expect(JSON.parse(await readFile(path, 'utf8')).chunkHashes).toEqual(sidecar.chunkHashes);
});
