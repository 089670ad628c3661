import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { sha256 } from '../../oca-agent/fixtures/bytes.ts';
import { failingFiles } from '../../oca-agent/fixtures/failing-files.ts';
import { filesIn, groupsOnDisks, wrongAssets } from '../../oca-agent/fixtures/parity-files.ts';
import { StoreOnDisks, type StoreOptions } from '../../oca-agent/fixtures/store-on-disks.ts';

/** m = 1: what every asset is told from without its own disk is what any lost disk leaves. */
const OPTIONS: StoreOptions = {
  flashDisks: 0,
  hddDisks: 5,
  parity: { dataFiles: 3, parityFiles: 1 },
};

/** Each death is a store of its own: for machines that others use too. */
const DEADLINE_MS = 300_000;

/** Assets that their groups tell, byte by byte, without a look at their own disk. */
async function toldAssets(site: StoreOnDisks): Promise<AssetId[]> {
  const told: AssetId[] = [];
  for (const asset of [...site.store.index.assets()]) {
    const reader = await site.keeper?.openLost(asset);
    if (!reader) continue;
    const content = Buffer.alloc(asset.sizeBytes);
    const isRead = await reader.read(content, 0).then(
      (count) => count === asset.sizeBytes,
      () => false,
    );
    await reader.close();
    if (!isRead) continue;
    expect(sha256(content)).toBe(asset.assetId);
    told.push(asset.assetId);
  }
  return told.sort();
}

/**
 * Does `work` on copies of a store, dying at the first operation, at the second and so on until it lives; after each death
 * `kept` must be told from parity as before, and the work that is left must come to its end.
 */
async function dieEverywhere(options: {
  readonly prepare: (site: StoreOnDisks) => Promise<readonly AssetId[]>;
  readonly work: (site: StoreOnDisks) => Promise<unknown>;
}): Promise<number> {
  const origin = await StoreOnDisks.open(OPTIONS);
  const kept = await options.prepare(origin);
  await origin.close();
  let deaths = 0;
  while (await dieOnce(origin, { ...options, kept, deaths })) deaths += 1;
  await origin.remove();
  return deaths;
}

/** The file system is gone after so many operations, as for a process that was killed. False: the work was done before. */
async function dieOnce(
  origin: StoreOnDisks,
  options: {
    readonly work: (site: StoreOnDisks) => Promise<unknown>;
    readonly kept: readonly AssetId[];
    readonly deaths: number;
  },
): Promise<boolean> {
  let deathAt = Number.MAX_SAFE_INTEGER;
  let calls = 0;
  const fileSystem = failingFiles((operation) => {
    if (operation === 'close') return undefined;
    calls += 1;
    return calls > deathAt ? 'ECANCELED' : undefined;
  });
  const site = await StoreOnDisks.copyOf(origin, { fileSystem });
  deathAt = calls + options.deaths;
  await options.work(site).catch(() => undefined);
  const hasDied = calls > deathAt;
  await site.close().catch(() => undefined);
  // What the catalogue was told last may be lost, too.
  if (options.deaths % 2 === 1) await rm(join(site.folder, 'state', 'parity.db'), { force: true });
  const revived = await StoreOnDisks.copyOf(site, { fileSystem: nodeFileSystem });
  const told = await toldAssets(revived);
  const lost = options.kept.filter((assetId) => !told.includes(assetId));
  expect({ deaths: options.deaths, lost }).toEqual({ deaths: options.deaths, lost: [] });
  await revived.protect();
  await expectTidy(revived, options.deaths);
  await revived.remove();
  await site.remove();
  return hasDied;
}

/** Everything has a group, and nothing lies about that no group needs. */
async function expectTidy(site: StoreOnDisks, deaths: number): Promise<void> {
  const groups = await groupsOnDisks(site);
  const files = async (folder: string) =>
    (await Promise.all(site.disks().map(({ path }) => filesIn(join(path, folder))))).flat();
  expect({
    deaths,
    unprotected: site.keeper?.report().unprotectedAssets,
    wrong: await wrongAssets(site.store),
    told: (await toldAssets(site)).length,
    rows: groups.map(({ rowDisks }) => rowDisks.length).filter((count) => count !== 1),
    parityFiles: (await files('parity')).length,
    retired: await files('retired'),
    partials: await files('tmp'),
  }).toEqual({
    deaths,
    unprotected: 0,
    wrong: [],
    told: [...site.store.index.assets()].length,
    rows: [],
    parityFiles: groups.length * 2,
    retired: [],
    partials: [],
  });
}

const put = async (site: StoreOnDisks, seeds: readonly number[]) => {
  const assetIds: AssetId[] = [];
  for (const seed of seeds) assetIds.push((await site.put(seed, 1000 + 700 * seed)).assetId);
  return assetIds;
};

test(
  'killed at any operation while groups are formed, nothing is wrong and the work is done after',
  async () => {
    const deaths = await dieEverywhere({
      prepare: async (site) => {
        await put(site, [1, 2, 3]);
        return [];
      },
      work: (site) => site.protect(),
    });
    expect(deaths).toBeGreaterThan(20);
  },
  DEADLINE_MS,
);

test(
  'killed at any operation while a group is written anew, its members stay protected',
  async () => {
    const deaths = await dieEverywhere({
      prepare: async (site) => {
        const [victim, ...kept] = await put(site, [1, 2, 3]);
        await site.protect();
        await site.store.remove(victim as AssetId, 'eviction');
        await put(site, [4]);
        return kept;
      },
      work: (site) => site.protect(),
    });
    expect(deaths).toBeGreaterThan(20);
  },
  DEADLINE_MS,
);

test(
  'killed at any operation while what was lost is repaired, it can still be told',
  async () => {
    const deaths = await dieEverywhere({
      prepare: async (site) => {
        await put(site, [1, 2, 3, 4, 5, 6]);
        await site.protect();
        const [one, other] = await groupsOnDisks(site);
        const lost = one?.members[0]?.assetId as AssetId;
        const held = site.store.index.asset(lost);
        if (held) await rm(site.pathOf(held));
        for (const { path } of site.disks())
          for (const file of await filesIn(join(path, 'parity')))
            if (file.includes(other?.groupId ?? '')) await rm(file);
        return [lost];
      },
      work: (site) => site.protect(),
    });
    expect(deaths).toBeGreaterThan(20);
  },
  DEADLINE_MS,
);
