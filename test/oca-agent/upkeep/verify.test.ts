import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AssetVerifier } from '../../../oca-agent/upkeep/asset-verifier.ts';
import { BadSectors } from '../fixtures/bad-sectors.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { groupsOnDisks } from '../fixtures/parity-files.ts';
import { StoreOnDisks, type StoreOptions } from '../fixtures/store-on-disks.ts';

const MIB = 2 ** 20;
const SIZE = MIB + 77;
const pace = async () => undefined;
const { signal } = new AbortController();

let disks: StoreOnDisks;
let verifier: AssetVerifier;

const verifyAll = () => verifier.verify([...disks.store.index.assets()], pace, signal);
const sidecarOf = async (path: string) => JSON.parse(await readFile(`${path}.json`, 'utf8'));
function begin(): void {
  const { store, keeper: reconstruction, log } = disks;
  verifier = new AssetVerifier({ store, reconstruction, log });
}
/** Opens the store on a medium that may have bad sectors. */
async function withBadSectors(options: StoreOptions = {}): Promise<BadSectors> {
  await disks.remove();
  const sectors = new BadSectors();
  disks = await StoreOnDisks.open({ ...options, fileSystem: sectors.files });
  begin();
  return sectors;
}
afterEach(() => disks.remove());

describe('without parity', () => {
  beforeEach(async () => {
    disks = await StoreOnDisks.open();
    begin();
  });

  test('what is right stays as it is, whatever its size', async () => {
    for (const size of [1, MIB, SIZE]) await disks.put(size, size);
    expect(await verifyAll()).toEqual({
      verifiedAssets: 3,
      verifiedBytes: 1 + MIB + SIZE,
      repaired: [],
      removed: [],
    });
    expect(disks.events.filter(({ event }) => event === 'store.asset.removed')).toEqual([]);
  });

  test.each([
    ['its first bit', 0],
    ['a bit of its second chunk', MIB + 5],
    ['its last bit', SIZE - 1],
  ])('an asset of which %s has turned is removed, and the others stay', async (_what, position) => {
    const wrong = await disks.put(1, SIZE);
    await disks.put(2, SIZE);
    await disks.rot(disks.pathOf(wrong), position);
    let lost = 0;
    verifier.onLost = () => {
      lost += 1;
    };
    const result = await verifyAll();
    expect(result).toMatchObject({ verifiedAssets: 1, repaired: [], removed: [wrong.assetId] });
    expect([disks.store.index.asset(wrong.assetId), verifier.lostAssets, lost]).toEqual([
      undefined,
      1,
      1,
    ]);
  });

  test.each([
    ['cut off', (path: string) => truncate(path, SIZE - 1)],
    ['gone', (path: string) => rm(path)],
  ])('a file that is %s is held no longer', async (_what, damage) => {
    const { assetId, ...asset } = await disks.put(1, SIZE);
    await damage(disks.pathOf({ assetId, ...asset }));
    await verifyAll();
    expect(disks.store.index.asset(assetId)).toBeUndefined();
  });

  test('an asset without hashes of its chunks is verified whole, and has them from then on', async () => {
    const path = disks.pathOf(await disks.put(1, SIZE));
    const { chunkHashes, ...old } = await sidecarOf(path);
    await writeFile(`${path}.json`, JSON.stringify({ ...old, version: 1 }));
    expect(await verifyAll()).toMatchObject({ verifiedAssets: 1, removed: [] });
    expect(await sidecarOf(path)).toMatchObject({ version: 2, chunkHashes });
  });

  test('without hashes a wrong byte is found all the same', async () => {
    const wrong = await disks.put(1, SIZE);
    const path = disks.pathOf(wrong);
    const { chunkHashes: _, ...old } = await sidecarOf(path);
    await writeFile(`${path}.json`, JSON.stringify({ ...old, version: 1 }));
    await disks.rot(path, MIB);
    expect(await verifyAll()).toMatchObject({ removed: [wrong.assetId] });
  });

  test('hashes that have rotted do not condemn an asset: they are written anew', async () => {
    const path = disks.pathOf(await disks.put(1, SIZE));
    const sidecar = await sidecarOf(path);
    const [first, ...rest] = sidecar.chunkHashes;
    await writeFile(
      `${path}.json`,
      JSON.stringify({ ...sidecar, chunkHashes: [rest[0], ...rest] }),
    );
    expect(await verifyAll()).toMatchObject({ verifiedAssets: 1, removed: [] });
    expect((await sidecarOf(path)).chunkHashes).toEqual([first, ...rest]);
  });

  test('an asset that moves while it is verified is not lost, and nobody is alarmed', async () => {
    const asset = await disks.put(1, 9 * MIB, 'hdd');
    const moving = { tiers: ['flash'] as const, pace, signal };
    let paces = 0;
    const moveInBetween = async () => {
      paces += 1;
      if (paces === 8) expect(await disks.store.relocate(asset, moving)).toBe('moved');
    };
    const result = await verifier.verify([asset], moveInBetween, signal);
    expect(result).toMatchObject({ verifiedAssets: 0, repaired: [], removed: [] });
    expect(disks.store.index.asset(asset.assetId)?.tier).toBe('flash');
    expect((await disks.stored(asset.assetId)).equals(seededBytes(1, 9 * MIB))).toBe(true);
    expect(disks.events.map(({ event }) => event)).not.toContain('store.asset.corrupt');
  });

  test('an asset on a bad sector is removed, and its disk stays in use', async () => {
    const sectors = await withBadSectors();
    const asset = await disks.put(1, SIZE);
    await disks.put(2, SIZE);
    sectors.spoil(disks.pathOf(asset), MIB + 5);
    const result = await verifyAll();
    expect(result).toMatchObject({ verifiedAssets: 1, removed: [asset.assetId] });
    expect(disks.store.volume(asset.diskId)?.state.state).toBe('healthy');
  });

  test('a disk that fails meanwhile says nothing of its assets, and the other disks are verified', async () => {
    const asset = await disks.put(1, SIZE, 'hdd');
    await disks.put(2, SIZE, 'flash');
    const volume = disks.store.volume(asset.diskId);
    const failMeanwhile = async () => volume?.fail('it was pulled');
    const result = await verifier.verify(
      [asset, ...disks.store.index.assets()],
      failMeanwhile,
      signal,
    );
    expect(result).toMatchObject({ verifiedAssets: 1, removed: [] });
  });

  test('a disk that is out of use says nothing of its assets', async () => {
    const { diskId, assetId } = await disks.put(1, SIZE);
    await rename(join(disks.folder, diskId), join(disks.folder, 'elsewhere'));
    await disks.store.volume(diskId)?.look();
    expect(disks.store.volume(diskId)?.isReadable).toBe(false);
    expect(await verifyAll()).toMatchObject({ verifiedAssets: 0, removed: [] });
    expect(verifier.lostAssets).toBe(0);
    expect(assetId).toHaveLength(64);
  });
});

describe('with parity', () => {
  beforeEach(async () => {
    disks = await StoreOnDisks.open({ hddDisks: 4, parity: { dataFiles: 2, parityFiles: 1 } });
    begin();
  });

  test.each([
    ['one chunk', [MIB + 5]],
    ['all chunks', [0, MIB]],
  ])(
    'an asset of which %s is wrong is told from its group, right to the byte',
    async (_what, positions) => {
      const wrong = await disks.put(1, SIZE);
      for (const seed of [2, 3, 4]) await disks.put(seed, SIZE - seed * 1000);
      await disks.protect();
      expect(disks.keeper?.report()).toMatchObject({ protectedAssets: 4, unprotectedAssets: 0 });
      for (const position of positions) await disks.rot(disks.pathOf(wrong), position);
      expect(await verifyAll()).toMatchObject({ repaired: [wrong.assetId], removed: [] });
      expect((await disks.stored(wrong.assetId)).equals(seededBytes(1, SIZE))).toBe(true);
      expect(await verifyAll()).toMatchObject({ verifiedAssets: 4, repaired: [], removed: [] });
      expect([verifier.repairedAssets, verifier.lostAssets]).toEqual([1, 0]);
    },
  );

  test('an asset on a bad sector is told from its group, and its disk stays in use', async () => {
    const parity = { dataFiles: 2, parityFiles: 1 };
    const sectors = await withBadSectors({ hddDisks: 4, parity });
    const bad = await disks.put(1, SIZE);
    await disks.put(2, SIZE);
    await disks.protect();
    sectors.spoil(disks.pathOf(bad), MIB + 5);
    expect(await verifyAll()).toMatchObject({ repaired: [bad.assetId], removed: [] });
    expect((await disks.stored(bad.assetId)).equals(seededBytes(1, SIZE))).toBe(true);
    expect(await verifyAll()).toMatchObject({ verifiedAssets: 2, repaired: [], removed: [] });
    expect(disks.store.volume(bad.diskId)?.state.state).toBe('healthy');
  });

  test('an asset that is written anew shares no disk with what protects it', async () => {
    const assets = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
    await disks.protect();
    for (let round = 0; round < 4; round += 1) {
      for (const { assetId } of assets) {
        const held = disks.store.index.asset(assetId);
        if (held) await disks.rot(disks.pathOf(held), 5);
        await verifyAll();
      }
      const [group] = await groupsOnDisks(disks);
      const diskIds = assets.map(({ assetId }) => disks.store.index.asset(assetId)?.diskId);
      expect(new Set([...diskIds, ...(group?.rowDisks ?? [])]).size).toBe(3);
    }
    expect(verifier.repairedAssets).toBe(8);
  });

  test('two of a group of which different chunks are wrong are both told, chunk by chunk', async () => {
    const [one, other] = [await disks.put(1, SIZE), await disks.put(2, SIZE)];
    await disks.protect();
    await disks.rot(disks.pathOf(one), 5);
    await disks.rot(disks.pathOf(other), MIB + 5);
    const { repaired, removed } = await verifyAll();
    expect([[...repaired].sort(), removed]).toEqual([[one.assetId, other.assetId].sort(), []]);
    for (const [seed, { assetId }] of [[1, one] as const, [2, other] as const])
      expect((await disks.stored(assetId)).equals(seededBytes(seed, SIZE))).toBe(true);
  });

  test('more wrong pieces of a group than it has parity files are lost, and nothing else', async () => {
    const assets = [];
    for (const seed of [1, 2, 3, 4]) assets.push(await disks.put(seed, SIZE));
    await disks.protect();
    for (const asset of assets) await disks.rot(disks.pathOf(asset), 3);
    const { repaired, removed, verifiedAssets } = await verifyAll();
    expect(verifiedAssets).toBe(0);
    expect(removed.length).toBeGreaterThan(0);
    expect([...repaired, ...removed].sort()).toEqual(assets.map(({ assetId }) => assetId).sort());
    for (const assetId of repaired) {
      const seed = assets.findIndex((asset) => asset.assetId === assetId) + 1;
      expect((await disks.stored(assetId)).equals(seededBytes(seed, SIZE))).toBe(true);
    }
  });
});
