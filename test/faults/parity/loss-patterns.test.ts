import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import {
  groupsOnDisks,
  pull,
  putBack,
  withoutDisks,
  wrongAssets,
} from '../../oca-agent/fixtures/parity-files.ts';
import { StoreOnDisks } from '../../oca-agent/fixtures/store-on-disks.ts';

const DISKS = Array.from({ length: 12 }, (_, place) => `hdd-${place + 1}` as DiskId);
const ASSETS = 14;

let site: StoreOnDisks;

beforeEach(async () => {
  const parity = { dataFiles: 10, parityFiles: 2 };
  site = await StoreOnDisks.open({ flashDisks: 0, hddDisks: 12, parity });
  const random = seededRandom(1);
  for (let seed = 1; seed <= ASSETS; seed += 1) await site.put(seed, sizeOf(random.next()));
  await site.protect();
});
afterEach(() => site.remove());

/** Mostly small, now and then more than a chunk. */
const sizeOf = (random: number) => 1 + Math.floor(random ** 8 * 2_500_000);

const held = () => [...site.store.index.assets()].map(({ assetId }) => assetId).sort();

test('with 10 + 2, whichever one or two of twelve disks are lost, every asset is read byte by byte', async () => {
  expect(site.keeper?.report()).toMatchObject({
    protectedAssets: ASSETS,
    unprotectedAssets: 0,
    reconstructedAssets: 0,
  });
  const patterns = DISKS.flatMap((one, at) => [
    [one],
    ...DISKS.slice(at + 1).map((other) => [one, other]),
  ]);
  expect(patterns).toHaveLength(78);
  const whole = held();
  for (const pattern of patterns) {
    await pull(site, pattern);
    const found = { held: held(), wrong: await wrongAssets(site.store) };
    expect({ pattern, ...found }).toEqual({ pattern, held: whole, wrong: [] });
    await putBack(site, pattern);
  }
  expect(site.keeper?.report().reconstructedAssets).toBe(0);
});

test('a store that starts without two of its disks reads every asset', async () => {
  const whole = held();
  for (const pattern of [
    ['hdd-1', 'hdd-12'],
    ['hdd-5', 'hdd-6'],
  ]) {
    const found = await withoutDisks(site, pattern, async () => ({
      held: held(),
      wrong: await wrongAssets(site.store),
    }));
    expect({ pattern, ...found }).toEqual({ pattern, held: whole, wrong: [] });
  }
});

test('with three disks lost, exactly those assets are gone whose groups lost more than two pieces', async () => {
  const groups = await groupsOnDisks(site);
  const random = seededRandom(2);
  const diskOf = new Map(
    [...site.store.index.assets()].map((asset) => [asset.assetId, asset.diskId]),
  );
  let goneInAll = 0;
  for (let round = 0; round < 6; round += 1) {
    const pattern = [...DISKS].sort(() => random.next() - 0.5).slice(0, 3);
    const isLost = (diskId?: DiskId) => pattern.includes(diskId as DiskId);
    const gone = groups.flatMap(({ members, rowDisks }) => {
      const lost = members.filter(({ assetId }) => isLost(diskOf.get(assetId)));
      const lostRows = rowDisks.filter((diskId) => isLost(diskId));
      return lost.length + lostRows.length > 2 ? lost.map(({ assetId }) => assetId) : [];
    });
    goneInAll += gone.length;
    const found = await withoutDisks(site, pattern, async () => {
      await site.store.reconciled;
      await site.store.forgetFailedDisks();
      return { held: held(), wrong: await wrongAssets(site.store) };
    });
    const left = [...diskOf.keys()].filter((assetId: AssetId) => !gone.includes(assetId)).sort();
    expect({ pattern, ...found }).toEqual({ pattern, held: left, wrong: [] });
    await site.reopen();
  }
  expect(goneInAll).toBeGreaterThan(0);
});
