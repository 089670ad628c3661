import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { milliseconds } from '#domain/units.ts';
import { parityTasks } from '../../../../oca-agent/parity/parity-tasks.ts';
import type { HeldAsset } from '../../../../oca-agent/store/asset.ts';
import { AssetVerifier } from '../../../../oca-agent/upkeep/asset-verifier.ts';
import type { Pace } from '../../../../oca-agent/upkeep/upkeep-pace.ts';
import { BadSectors } from '../../fixtures/bad-sectors.ts';
import { ManualClock } from '../../fixtures/manual-clock.ts';
import { groupsOnDisks, pull, readId } from '../../fixtures/parity-files.ts';
import { StoreOnDisks, type StoreOptions } from '../../fixtures/store-on-disks.ts';

const MIB = 2 ** 20;
const NO_PACE: Pace = async () => undefined;
const { signal } = new AbortController();
let site: StoreOnDisks;
let sectors: BadSectors;

const open = async (options: StoreOptions = {}) => {
  sectors = new BadSectors();
  const parity = { dataFiles: 4, parityFiles: 2 };
  const hddDisks = 8;
  site = await StoreOnDisks.open({ hddDisks, parity, fileSystem: sectors.files, ...options });
};
beforeEach(() => open());
afterEach(() => site.remove());

const put = async (count: number, sizeBytes: number) => {
  const assets: HeldAsset[] = [];
  for (let seed = 1; seed <= count; seed += 1) assets.push(await site.put(seed, sizeBytes));
  return assets as [HeldAsset, HeldAsset, HeldAsset, HeldAsset];
};
const now = (assetId: AssetId) => site.store.index.asset(assetId);
const wrongOf = async (assets: readonly HeldAsset[]) => {
  const wrong: AssetId[] = [];
  for (const { assetId } of assets) {
    const held = now(assetId);
    if (!held || (await readId(site.store, held)) !== assetId) wrong.push(assetId);
  }
  return wrong;
};
const rows = () =>
  site
    .disks()
    .flatMap(({ diskId }) => [...(site.keeper?.rowsOfDisk(diskId) ?? [])])
    .sort((one, other) => one.row - other.row);
const rowPath = ({ groupId, row, diskId }: ReturnType<typeof rows>[0]) =>
  join(site.folder, diskId, 'parity', groupId.slice(0, 2), `${groupId}.${row}`);
const verdicts = async (pace = NO_PACE) => {
  const found: (string | undefined)[] = [];
  for (const row of rows()) found.push(await site.keeper?.verifyRow(row, pace, signal));
  return found;
};
const tasks = (pace: Pace = NO_PACE) => {
  const { store, keeper, log } = site;
  if (!keeper) throw new Error('parity is off');
  const verifier = new AssetVerifier({ store, reconstruction: keeper, log });
  return parityTasks({ keeper, store, verifier, pace, gatherFor: milliseconds(0) });
};
const workOff = async (all: ReturnType<typeof tasks>) => {
  for (const task of all) while (await task.step(signal));
};

test('rot in other chunks of more pieces than may be lost costs no asset', async () => {
  const assets = await put(4, 3 * MIB);
  await site.protect();
  const [lost, one, other] = assets;
  await site.rot(site.pathOf(one), 5);
  await site.rot(site.pathOf(other), MIB + 5);
  await pull(site, [lost.diskId]);
  expect(await wrongOf([lost])).toEqual([]);
  await site.protect();
  expect(await wrongOf(assets)).toEqual([]);
  expect(site.keeper?.report()).toMatchObject({ protectedAssets: 4, reconstructedAssets: 0 });
});

test('parity files that rot in different chunks still tell a lost asset, and are written anew after that', async () => {
  const assets = await put(4, 2 * MIB);
  await site.protect();
  const [lost] = assets;
  const [first, second] = rows() as [ReturnType<typeof rows>[0], ReturnType<typeof rows>[0]];
  await site.rot(rowPath(first), 5);
  await site.rot(rowPath(second), MIB + 5);
  await pull(site, [lost.diskId]);
  expect(await verdicts()).toEqual(['rotten', 'rotten']);
  await site.protect();
  expect(await wrongOf(assets)).toEqual([]);
  expect(await verdicts()).toEqual(['sound', 'sound']);
});

test('a rotten parity file is written anew in its place, where there is no other disk for it', async () => {
  await site.configure({ hddDisks: 6 });
  await put(4, MIB + 3);
  await site.protect();
  const [first] = rows() as [ReturnType<typeof rows>[0]];
  const whole = await readFile(rowPath(first));
  await site.rot(rowPath(first), 5);
  expect(await verdicts()).toEqual(['rotten', 'sound']);
  await site.protect();
  expect((await readFile(rowPath(first))).equals(whole)).toBe(true);
  expect(await verdicts()).toEqual(['sound', 'sound']);
});

test('a bad sector under a parity file is found, and the file is written anew', async () => {
  await put(4, 2 * MIB);
  await site.protect();
  const [first] = rows() as [ReturnType<typeof rows>[0]];
  sectors.spoil(rowPath(first), MIB + 5);
  expect(await verdicts()).toEqual(['rotten', 'sound']);
  await site.protect();
  expect(await verdicts()).toEqual(['sound', 'sound']);
  expect(site.store.volume(first.diskId)?.state.state).toBe('healthy');
});

test('a row that rots while its group is written anew is no loss of the group that came after it', async () => {
  const assets = await put(4, 2 * MIB);
  await site.protect();
  const [first] = rows() as [ReturnType<typeof rows>[0]];
  await site.rot(rowPath(first), MIB + 5);
  let paces = 0;
  const replaceGroup = async () => {
    paces += 1;
    if (paces !== 1) return;
    await site.store.remove(assets[0].assetId, 'eviction');
    await site.protect();
  };
  expect(await site.keeper?.verifyRow(first, replaceGroup, signal)).toBe('gone');
  await site.protect();
  const [group] = await groupsOnDisks(site);
  expect(group?.groupId).not.toBe(first.groupId);
  expect(group?.rowDisks).toHaveLength(2);
  expect(await verdicts()).toEqual(['sound', 'sound']);
  await pull(site, [assets[1].diskId, assets[2].diskId]);
  expect(await wrongOf(assets.slice(1))).toEqual([]);
});

test('repair keeps the pace of the disks that it reads and writes, chunk by chunk, and of no other', async () => {
  const assets = await put(4, 2 * MIB);
  await site.protect();
  const [lost, ...others] = assets;
  await pull(site, [lost.diskId]);
  const paced = new Map<DiskId, number[]>();
  const pace: Pace = async (diskId, sizeBytes) => {
    paced.set(diskId, [...(paced.get(diskId) ?? []), sizeBytes]);
  };
  const [repair] = tasks(pace);
  while (await repair?.step(signal));
  const [row] = rows() as [ReturnType<typeof rows>[0]];
  const target = now(lost.assetId)?.diskId as DiskId;
  expect([...paced.keys()].sort()).toEqual(
    [...others.map(({ diskId }) => diskId), row.diskId, target].sort(),
  );
  for (const sizes of paced.values()) expect(sizes).toEqual([MIB, MIB]);
});

test('an asset is given up only when its group has failed to tell it three times, a minute apart', async () => {
  const clock = new ManualClock();
  await site.remove();
  await open({ clock, parity: { dataFiles: 4, parityFiles: 1 } });
  const assets = await put(4, MIB);
  await site.protect();
  const [lost] = assets;
  await site.rot(rowPath(rows()[0] as ReturnType<typeof rows>[0]), 5);
  await pull(site, [lost.diskId]);
  const all = tasks();
  const held: boolean[] = [];
  for (let minute = 0; minute < 3; minute += 1) {
    await workOff(all);
    held.push(now(lost.assetId) !== undefined);
    await clock.advance(60_000);
  }
  expect(held).toEqual([true, true, false]);
  expect(await wrongOf(assets.slice(1))).toEqual([]);
  await workOff(all);
  expect(site.keeper?.report()).toMatchObject({ protectedAssets: 3, unprotectedAssets: 0 });
  expect(await verdicts()).toEqual(['sound']);
});
