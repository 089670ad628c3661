import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssetId, DiskId } from '#domain/ids.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import {
  filesIn,
  groupsOnDisks,
  pull,
  putBack,
  readId,
  wrongAssets,
} from '../fixtures/parity-files.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';

const KIB = 1024;
let site: StoreOnDisks;

beforeEach(async () => {
  const parity = { dataFiles: 4, parityFiles: 2 };
  site = await StoreOnDisks.open({ flashDisks: 1, hddDisks: 8, parity });
});
afterEach(() => site.remove());

const put = async (count: number, sizeBytes = 200 * KIB) => {
  const assets: HeldAsset[] = [];
  for (let seed = 1; seed <= count; seed += 1) assets.push(await site.put(seed, sizeBytes));
  return assets;
};
const now = (assetId: AssetId) => site.store.index.asset(assetId);
const report = () => site.keeper?.report();
const filesOn = (folder: string) =>
  Promise.all(site.disks().map(({ path }) => filesIn(join(path, folder)))).then((found) =>
    found.flat(),
  );
const unreadable = async (assets: readonly HeldAsset[]) => {
  const wrong: HeldAsset[] = [];
  for (const asset of assets) {
    const held = now(asset.assetId);
    if (!held || (await readId(site.store, held)) !== asset.assetId) wrong.push(asset);
  }
  return wrong;
};
const overhead = () =>
  site.disks().reduce((sum, { diskId }) => sum + (site.keeper?.overheadBytes(diskId) ?? 0), 0);

test('every asset of the hdd tier gets a group, none of flash does, and no disk has two pieces of one', async () => {
  const assets = await put(9);
  await site.put(100, 1000, 'flash');
  await site.protect();
  expect(report()).toMatchObject({
    dataFiles: 4,
    parityFiles: 2,
    protectedAssets: 9,
    unprotectedAssets: 0,
  });
  const groups = await groupsOnDisks(site);
  expect(groups.flatMap(({ members }) => members.map(({ assetId }) => assetId)).sort()).toEqual(
    assets.map(({ assetId }) => assetId).sort(),
  );
  for (const { members, rowDisks } of groups) {
    const disks = [...members.map(({ assetId }) => now(assetId)?.diskId), ...rowDisks];
    expect(new Set(disks).size).toBe(disks.length);
    expect(rowDisks).toHaveLength(2);
  }
});

test('parity files count as overhead of their disks, byte by byte', async () => {
  await put(9);
  await site.protect();
  const rows = (await filesOn('parity')).filter((file) => !file.endsWith('.json'));
  const sizes = await Promise.all(rows.map(async (row) => (await readFile(row)).length));
  const sum = sizes.reduce((total, size) => total + size, 0);
  expect(overhead()).toBe(sum);
  expect(report()?.parityBytes).toBe(sum);
});

test('an evicted member keeps its bytes until its group is written without it, then they are gone', async () => {
  const assets = await put(4);
  await site.protect();
  const before = overhead();
  const [victim] = assets as [HeldAsset];
  expect(await site.store.remove(victim.assetId, 'eviction')).toBe('removed');
  expect(await filesOn('retired')).toHaveLength(1);
  expect(site.keeper?.retiredBytes(victim.diskId)).toBe(200 * KIB);
  expect(overhead()).toBe(before + 200 * KIB);
  await site.protect();
  expect(await filesOn('retired')).toEqual([]);
  expect(site.keeper?.retiredBytes(victim.diskId)).toBe(0);
  expect(overhead()).toBe(before);
  await pull(
    site,
    assets.slice(1, 3).map(({ diskId }) => diskId),
  );
  expect(await unreadable(assets.slice(1))).toEqual([]);
});

test('members that left and came in between are told from the group as it was: every asset survives two losses', async () => {
  const assets = await put(4);
  await site.protect();
  await site.store.remove((assets[0] as HeldAsset).assetId, 'eviction');
  const disks = assets.slice(1, 3).map(({ diskId }) => diskId);
  await pull(site, disks);
  expect(await unreadable(assets.slice(1))).toEqual([]);
});

test('an asset that comes back before its group was written anew is protected by the group as it was', async () => {
  const assets = await put(4);
  await site.protect();
  const rows = await filesOn('parity');
  const [victim] = assets as [HeldAsset];
  await site.store.remove(victim.assetId, 'eviction');
  const back = await site.put(1, 200 * KIB);
  expect(back.assetId).toBe(victim.assetId);
  await site.protect();
  expect(await filesOn('retired')).toEqual([]);
  expect(await filesOn('parity')).toEqual(rows);
  await pull(site, [back.diskId]);
  expect(await unreadable([victim])).toEqual([]);
});

test('a member that moves to another disk stays protected, without a write', async () => {
  const assets = await put(4);
  await site.protect();
  const rows = await filesOn('parity');
  const [mover] = assets as [HeldAsset];
  const group = await groupsOnDisks(site);
  const avoidDisks = new Set([
    ...assets.map(({ diskId }) => diskId),
    ...(group[0]?.rowDisks ?? []),
  ]);
  const { signal } = new AbortController();
  const pace = async () => undefined;
  expect(await site.store.relocate(mover, { tiers: ['hdd'], avoidDisks, pace, signal })).toBe(
    'moved',
  );
  await site.protect();
  expect(await filesOn('parity')).toEqual(rows);
  const moved = now(mover.assetId) as HeldAsset;
  expect(moved.diskId).not.toBe(mover.diskId);
  await pull(site, [moved.diskId, (assets[1] as HeldAsset).diskId]);
  expect(await unreadable(assets)).toEqual([]);
});

test('a member that is promoted to flash leaves its group', async () => {
  const assets = await put(4);
  await site.protect();
  const [mover] = assets as [HeldAsset];
  const { signal } = new AbortController();
  const pace = async () => undefined;
  await site.store.relocate(mover, { tiers: ['flash'], pace, signal });
  await site.protect();
  expect(report()).toMatchObject({ protectedAssets: 3, unprotectedAssets: 0 });
  const members = (await groupsOnDisks(site)).flatMap((group) => group.members);
  expect(members.map(({ assetId }) => assetId)).not.toContain(mover.assetId);
  expect(await filesOn('retired')).toEqual([]);
});

test('repair brings lost assets and lost rows onto other disks, and then as many may be lost again', async () => {
  const assets = await put(12);
  await site.protect();
  await pull(site, ['hdd-1', 'hdd-2']);
  expect(report()?.reconstructedAssets).toBeGreaterThan(0);
  await site.protect();
  expect(report()).toMatchObject({ protectedAssets: 12, reconstructedAssets: 0 });
  await pull(site, ['hdd-3', 'hdd-4']);
  expect(await unreadable(assets)).toEqual([]);
});

test('a group that lost all its rows is written anew from its members', async () => {
  await site.configure({ parity: { dataFiles: 4, parityFiles: 1 } });
  const assets = await put(4);
  await site.protect();
  const [group] = await groupsOnDisks(site);
  await pull(site, group?.rowDisks ?? []);
  await site.protect();
  await pull(site, [(assets[0] as HeldAsset).diskId]);
  expect(await unreadable(assets)).toEqual([]);
});

test('beyond what the rows cover, the assets of that group alone leave the index', async () => {
  const assets = await put(12);
  await site.protect();
  let lost = 0;
  const keeper = site.keeper;
  if (keeper) keeper.onLost = () => (lost += 1);
  const groups = await groupsOnDisks(site);
  const [first] = groups as [(typeof groups)[0]];
  const holders = first.members.map(({ assetId }) => now(assetId)?.diskId as DiskId).slice(0, 3);
  const expected = groups.flatMap(({ members, rowDisks }) => {
    const missing = members.filter(({ assetId }) =>
      holders.includes(now(assetId)?.diskId as DiskId),
    );
    const rows = rowDisks.filter((diskId) => holders.includes(diskId)).length;
    return missing.length + rows > 2 ? missing.map(({ assetId }) => assetId) : [];
  });
  await pull(site, holders);
  await site.protect();
  const gone = assets.filter(({ assetId }) => !now(assetId)).map(({ assetId }) => assetId);
  expect(gone.sort()).toEqual(expected.sort());
  expect(gone.length).toBeGreaterThanOrEqual(3);
  expect(lost).toBeGreaterThan(0);
  expect(await wrongAssets(site.store)).toEqual([]);
});

test('a pulled disk that comes back is whole again, and what was written for it elsewhere stays', async () => {
  const assets = await put(12);
  await site.protect();
  await pull(site, ['hdd-1']);
  await site.protect();
  await putBack(site, ['hdd-1']);
  await site.protect();
  expect(report()).toMatchObject({ protectedAssets: 12, reconstructedAssets: 0 });
  const names = (await filesOn('parity')).map((file) => file.split('/').at(-1));
  expect(new Set(names).size).toBe(names.length);
  await pull(site, ['hdd-1', 'hdd-2']);
  expect(await unreadable(assets)).toEqual([]);
});

test('a blank disk in the place of a lost one: its assets stay held, and are repaired', async () => {
  const assets = await put(12);
  await site.protect();
  await pull(site, ['hdd-1']);
  await mkdir(join(site.folder, 'hdd-1'));
  await site.store.volume('hdd-1' as DiskId)?.replace();
  await site.store.forgetDisk('hdd-1' as DiskId);
  expect(await unreadable(assets)).toEqual([]);
  await site.protect();
  expect(report()).toMatchObject({ protectedAssets: 12, reconstructedAssets: 0 });
  await pull(site, ['hdd-2', 'hdd-3']);
  expect(await unreadable(assets)).toEqual([]);
});

test('a rotten parity file is found, and written anew', async () => {
  const assets = await put(8, 1500 * KIB);
  await site.protect();
  const rows = (await filesOn('parity')).filter((file) => !file.endsWith('.json'));
  const [rotten = ''] = rows;
  await site.rot(rotten, 1_200_000);
  const { signal } = new AbortController();
  const pace = async () => undefined;
  const verdicts: string[] = [];
  for (const { diskId } of site.disks())
    for (const row of [...(site.keeper?.rowsOfDisk(diskId) ?? [])])
      verdicts.push((await site.keeper?.verifyRow(row, pace, signal)) ?? '');
  expect(verdicts.sort()).toEqual(['rotten', ...rows.slice(1).map(() => 'sound')]);
  await site.protect();
  const names = (await filesOn('parity')).filter((file) => !file.endsWith('.json'));
  expect(names).toHaveLength(rows.length);
  await pull(
    site,
    assets.slice(0, 2).map(({ diskId }) => diskId),
  );
  expect(await unreadable(assets)).toEqual([]);
});

test('a rotten chunk of a survivor does not make another asset wrong: another row is used', async () => {
  const assets = await put(4);
  await site.protect();
  const [lost, rotten] = assets as [HeldAsset, HeldAsset];
  await site.rot(site.pathOf(rotten), 1000);
  await pull(site, [lost.diskId]);
  expect(await unreadable([lost])).toEqual([]);
  await site.protect();
  expect(await unreadable(assets)).toEqual([]);
});

test('parity is never made of wrong bytes: a rotten asset that nothing tells is removed', async () => {
  const assets = await put(4);
  const [rotten] = assets as [HeldAsset];
  await site.rot(site.pathOf(rotten), 1000);
  await site.protect();
  expect(now(rotten.assetId)).toBeUndefined();
  expect(report()).toMatchObject({ protectedAssets: 3 });
  await pull(
    site,
    assets.slice(1, 3).map(({ diskId }) => diskId),
  );
  expect(await unreadable(assets.slice(1))).toEqual([]);
});

test('an asset whose sidecar has no chunk hashes is verified by its id, and protected', async () => {
  const assets = await put(4, 1200 * KIB);
  const [old] = assets as [HeldAsset];
  const sidecar = `${site.pathOf(old)}.json`;
  const { chunkHashes: _, ...said } = JSON.parse(await readFile(sidecar, 'utf8'));
  await writeFile(sidecar, JSON.stringify({ ...said, version: 1 }));
  await site.protect();
  expect(report()).toMatchObject({ protectedAssets: 4 });
  await pull(site, [old.diskId]);
  expect(await unreadable(assets)).toEqual([]);
});

test('a chunk is told by its number, and nothing is told of an asset without a group', async () => {
  const assets = await put(4, 1500 * KIB);
  const [asset] = assets as [HeldAsset];
  expect(await site.keeper?.reconstructChunk(asset, 0)).toBeUndefined();
  await site.protect();
  const content = await site.stored(asset.assetId);
  const told = await site.keeper?.reconstructChunk(asset, 1);
  expect(Buffer.from(told ?? []).equals(content.subarray(KIB * KIB))).toBe(true);
});

test('a lost catalogue, or a damaged one, is told anew from the parity files', async () => {
  const assets = await put(9);
  await site.protect();
  const rows = await filesOn('parity');
  for (const damage of ['', 'this is no database']) {
    await site.close();
    await writeFile(join(site.folder, 'state', 'parity.db'), damage);
    await site.reopen();
    expect(report()).toMatchObject({ protectedAssets: 9, unprotectedAssets: 0 });
    await site.protect();
    expect(await filesOn('parity')).toEqual(rows);
  }
  await pull(
    site,
    assets.slice(0, 2).map(({ diskId }) => diskId),
  );
  expect(await unreadable(assets)).toEqual([]);
});

test('index and catalogue lost together with a disk: its assets are told from the others’ parity files', async () => {
  const assets = await put(9);
  await site.protect();
  await site.close();
  for (const file of await filesIn(join(site.folder, 'state'))) await writeFile(file, 'gone');
  await rename(join(site.folder, 'hdd-1'), join(site.folder, 'hdd-1.away'));
  await site.reopen();
  expect(await unreadable(assets)).toEqual([]);
});

test('with other k and m in the configuration, the old groups go and new ones are formed', async () => {
  const assets = await put(9);
  await site.protect();
  await site.configure({ parity: { dataFiles: 3, parityFiles: 1 } });
  await site.protect();
  expect(report()).toMatchObject({ dataFiles: 3, parityFiles: 1, protectedAssets: 9 });
  const groups = await groupsOnDisks(site);
  expect(new Set(groups.map(({ parityFiles }) => parityFiles))).toEqual(new Set([1]));
  await pull(site, ['hdd-1']);
  expect(await unreadable(assets)).toEqual([]);
});

test('when parity is turned off, its files go and the assets stay', async () => {
  const assets = await put(5);
  await site.protect();
  await site.store.remove((assets[0] as HeldAsset).assetId, 'eviction');
  expect(await filesOn('retired')).toHaveLength(1);
  await site.configure({ parity: undefined });
  expect(await filesOn('parity')).toEqual([]);
  expect(await filesOn('retired')).toEqual([]);
  expect(await unreadable(assets.slice(1))).toEqual([]);
});

test('assets that go or vanish before the groups were read are dealt with when they were', async () => {
  const assets = await put(4);
  await site.protect();
  await site.close();
  const [vanished] = assets as [HeldAsset];
  await rm(site.pathOf(vanished));
  await rm(join(site.folder, 'state', 'parity.db'));
  await site.reopen();
  expect(await unreadable(assets)).toEqual([]);
  await site.protect();
  expect(report()).toMatchObject({ protectedAssets: 4, reconstructedAssets: 0 });
  await pull(
    site,
    assets.slice(1, 3).map(({ diskId }) => diskId),
  );
  expect(await unreadable(assets)).toEqual([]);
});
