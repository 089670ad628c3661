import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { type FileSystem, nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { systemClock } from '../../../oca-agent/platform/node-platform.ts';
import { AssetIndex } from '../../../oca-agent/store/asset-index.ts';
import type { AssetStore } from '../../../oca-agent/store/asset-store.ts';
import { Reconciliation } from '../../../oca-agent/store/reconcile.ts';
import { formatSidecar } from '../../../oca-agent/store/sidecar.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { nameFor, TestStore } from '../fixtures/stores.ts';
import { until } from '../fixtures/until.ts';
import { volumeIn } from '../fixtures/volumes.ts';

let site: TestStore;
beforeEach(async () => {
  site = await TestStore.open({ tiers: ['flash', 'hdd'], capacityBytes: 100_000_000 });
});
afterEach(() => site.close());

const contentOf = (seed: number) => seededBytes(700 + seed, 1000 + seed);
const put = (seed: number, file = `${seed}.mp4`) => site.put(contentOf(seed), { file });
const placeOf = (diskId: string, assetId: AssetId) =>
  join(site.folder, diskId, 'objects', assetId.slice(0, 2), assetId);
/** Lays a file at an asset's place, as a store before this one left it. */
async function lay(
  diskId: string,
  content: Buffer,
  options: { file?: string; fetchedAt?: number; sidecar?: string; as?: AssetId } = {},
): Promise<AssetId> {
  const { as = sha256(content), file = 'laid.mp4', fetchedAt = 1 } = options;
  const place = placeOf(diskId, as);
  const names = [nameFor(file, fetchedAt)];
  await mkdir(join(place, '..'), { recursive: true });
  await writeFile(place, content);
  const sidecar = formatSidecar({ sizeBytes: bytes(content.length), names });
  await writeFile(`${place}.json`, options.sidecar ?? sidecar);
  return as;
}
/** Closes the store, lets `between` happen to its files, and opens it again. */
async function restart(
  between: () => Promise<unknown>,
  { isIndexLost = true } = {},
): Promise<AssetStore> {
  await site.store.close();
  if (isIndexLost) await rm(join(site.folder, 'state'), { recursive: true });
  await between();
  return site.reopen();
}
const held = (store = site.store) => [...store.index.assets()].map(({ assetId }) => assetId).sort();
const nothing = async () => undefined;

test('from the disks alone everything comes back: assets, their names, their bytes', async () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  for (const seed of seeds) await put(seed);
  const before = held();
  const store = await restart(nothing);
  expect(held()).toEqual(before);
  for (const seed of [0, 30, 59]) {
    const asset = store.find(nameFor('').titleId, `${seed}.mp4`);
    expect(asset).toMatchObject({ assetId: sha256(contentOf(seed)), ...nameFor(`${seed}.mp4`) });
    expect(asset && (await site.read(asset))?.equals(contentOf(seed))).toBe(true);
  }
  expect(store.reconciliation).toEqual([]);
});

test('a shard with more assets than are read at a time comes back whole', async () => {
  const ids = Array.from(
    { length: 300 },
    (_, n) => `ab${sha256(Buffer.from([n & 255, n >> 8])).slice(2)}` as AssetId,
  );
  const store = await restart(async () => {
    for (const [n, as] of ids.entries()) await lay('hdd-1', contentOf(n), { as, file: `${n}.mp4` });
  });
  expect(held(store)).toEqual(ids.toSorted());
});

test('of twins on two disks the one that the index knows stays, and the other goes', async () => {
  const { assetId, diskId } = (await put(1)) ?? {};
  const other = diskId === 'flash-0' ? 'hdd-1' : 'flash-0';
  const store = await restart(() => lay(other, contentOf(1), { file: '1.mp4' }), {
    isIndexLost: false,
  });
  expect(store.index.asset(assetId as AssetId)?.diskId).toBe(diskId);
  expect((await site.files()).map((file) => file.diskId)).toEqual([diskId]);
});

test('of twins the other one is taken where the index is wrong: its file is gone', async () => {
  const { assetId, diskId } = (await put(1)) ?? {};
  const other = diskId === 'flash-0' ? 'hdd-1' : 'flash-0';
  const store = await restart(
    async () => {
      await lay(other, contentOf(1), { file: '1.mp4' });
      await rm(placeOf(diskId ?? '', assetId as AssetId));
    },
    { isIndexLost: false },
  );
  const asset = store.index.asset(assetId as AssetId);
  expect(asset?.diskId).toBe(other);
  expect(asset && (await site.read(asset))?.equals(contentOf(1))).toBe(true);
});

test('of twins one stays when nobody knows of either', async () => {
  const store = await restart(async () => {
    await lay('flash-0', contentOf(1));
    await lay('hdd-1', contentOf(1));
  });
  expect(await site.files()).toHaveLength(1);
  expect(held(store)).toEqual([sha256(contentOf(1))]);
});

test('of two assets under one name the one stays that was confirmed last', async () => {
  const [older, newer] = [contentOf(1), contentOf(2)];
  for (const [first, second] of [
    ['flash-0', 'hdd-1'],
    ['hdd-1', 'flash-0'],
  ] as const) {
    const store = await restart(async () => {
      await rm(join(site.folder, 'flash-0', 'objects'), { recursive: true });
      await rm(join(site.folder, 'hdd-1', 'objects'), { recursive: true });
      await lay(first, older, { fetchedAt: 5 });
      await lay(second, newer, { fetchedAt: 9 });
    });
    expect(held(store)).toEqual([sha256(newer)]);
    await until(async () => (await site.files()).length === 1, 'the older to be removed');
  }
});

test('what nobody vouches for is removed: no sidecar, a broken one, another size', async () => {
  const store = await restart(async () => {
    await lay('hdd-1', contentOf(1), { file: 'sound.mp4' });
    await lay('hdd-1', contentOf(2), { sidecar: '{"version":2' });
    await lay('hdd-1', contentOf(3), {
      sidecar: formatSidecar({ sizeBytes: bytes(7), names: [nameFor('3.mp4')] }),
    });
    await rm(`${placeOf('hdd-1', await lay('hdd-1', contentOf(4)))}.json`);
  });
  expect(held(store)).toEqual([sha256(contentOf(1))]);
  expect((await site.files()).map(({ assetId }) => assetId)).toEqual(held(store));
});

test('a sidecar that cannot be read keeps its asset out, and no other, and nothing is removed', async () => {
  const [sick, sound] = [contentOf(1), contentOf(2)];
  await site.store.close();
  await rm(join(site.folder, 'state'), { recursive: true });
  await lay('hdd-1', sick, { file: 'sick.mp4' });
  await lay('hdd-1', sound, { file: 'sound.mp4' });
  const whole = failingFiles(() => undefined);
  const fileSystem: typeof whole = {
    ...nodeFileSystem,
    readBatch: (folder, names) =>
      names.texts.some((name) => name.endsWith(`${sha256(sick)}.json`))
        ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES', syscall: 'open' }))
        : whole.readBatch(folder, names),
  };
  await site.reopen({ fileSystem });
  expect(held()).toEqual([sha256(sound)]);
  expect(await site.files()).toHaveLength(2);
});

test('what lies about among the shards, or in the wrong one, holds nobody up', async () => {
  const wrong = contentOf(2);
  const store = await restart(async () => {
    await lay('hdd-1', contentOf(1), { file: 'sound.mp4' });
    const notes = join(site.folder, 'hdd-1', 'objects', 'notes');
    await mkdir(notes, { recursive: true });
    await writeFile(join(notes, 'README'), 'of the operator');
    const shard = join(site.folder, 'hdd-1', 'objects', '00');
    await mkdir(shard, { recursive: true });
    await writeFile(join(shard, sha256(wrong)), wrong);
  });
  expect(held(store)).toEqual([sha256(contentOf(1))]);
  expect((await site.files()).map(({ assetId }) => assetId)).toEqual(held(store));
  expect(await readdir(join(site.folder, 'hdd-1', 'objects', 'notes'))).toEqual(['README']);
});

test('a shard that cannot be listed loses nothing, and the others are gone through', async () => {
  await put(1);
  await site.store.close();
  for (const diskId of site.diskIds)
    await mkdir(join(site.folder, diskId, 'objects', '00'), { recursive: true });
  await lay('hdd-1', contentOf(3), { file: 'unknown.mp4' });
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    // The sick one comes first.
    async list(folder) {
      const refused = Object.assign(new Error('no'), { code: 'EACCES', syscall: 'scandir' });
      if (folder.endsWith('objects/00')) throw refused;
      return (await nodeFileSystem.list(folder)).sort();
    },
  };
  await site.reopen({ fileSystem });
  expect(held()).toEqual([1, 3].map((seed) => sha256(contentOf(seed))).sort());
});

test('what a newer version wrote is neither taken in nor removed', async () => {
  const sidecar = '{"version":3,"sizeBytes":1001,"names":[]}\n';
  const store = await restart(() => lay('hdd-1', contentOf(1), { sidecar }));
  expect(held(store)).toEqual([]);
  expect(await site.files()).toHaveLength(1);
});

/** A file system that holds listings of `folder` up until it is let go. */
function holdListings(ending: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    letGo: resolve,
    reached: reached.promise,
    fileSystem: {
      ...nodeFileSystem,
      async list(folder: string) {
        const names = await nodeFileSystem.list(folder);
        if (!folder.endsWith(ending)) return names;
        reached.resolve();
        await promise;
        return names;
      },
    },
  };
}

test('what is published while the disk is gone through stays, whatever the listing said', async () => {
  await put(1);
  await put(2);
  await site.store.close();
  const hold = holdListings('flash-0/objects');
  const opening = site.reopen({ fileSystem: hold.fileSystem });
  await hold.reached;
  await until(() => site.store.index.assetCount === 2, 'the store to be open');
  expect(site.store.reconciliation.map(({ diskId }) => diskId)).toContain('flash-0');
  for (const seed of [3, 4, 5]) await put(seed);
  await site.store.remove(sha256(contentOf(1)), 'invalidation');
  const asset = site.store.index.asset(sha256(contentOf(3)));
  expect(asset && (await site.read(asset))?.equals(contentOf(3))).toBe(true);
  hold.letGo();
  await opening;
  expect(held()).toEqual([2, 3, 4, 5].map((seed) => sha256(contentOf(seed))).sort());
  expect(site.store.reconciliation).toEqual([]);
  await restart(nothing);
  expect(held()).toEqual([2, 3, 4, 5].map((seed) => sha256(contentOf(seed))).sort());
});

test('a sidecar that lies there before its bytes do is left alone until the transfer has had its turn', async () => {
  const content = contentOf(9);
  const { volume } = await volumeIn(site.folder, { diskId: 'loose' });
  await volume.mount(false);
  const assetId = await lay('loose', content);
  await rm(placeOf('loose', assetId));
  const asked = Promise.withResolvers<AssetId>();
  const turn = Promise.withResolvers<void>();
  const reconciliation = new Reconciliation({
    index: new AssetIndex(),
    clock: systemClock,
    log: () => undefined,
    async inTurn(id, work) {
      asked.resolve(id);
      await turn.promise;
      return work();
    },
    isThere: async () => false,
    onVanished: async () => true,
    onAdopted: nothing,
    onNameless: nothing,
  });
  const ended = reconciliation.run(volume);
  expect(await Promise.race([asked.promise, ended])).toBe(assetId);
  await writeFile(placeOf('loose', assetId), content);
  turn.resolve();
  await ended;
  expect(await volume.readSidecar(assetId)).toBeDefined();
  expect(await volume.statAsset(assetId)).toBe(content.length);
});

test('a store that is closed while it goes through a disk closes, and goes on at the next start', async () => {
  const store = await restart(async () => {
    for (let seed = 0; seed < 50; seed += 1)
      await lay('hdd-1', contentOf(seed), { file: `${seed}.mp4` });
  });
  await store.close();
  await rm(join(site.folder, 'state'), { recursive: true });
  const hold = holdListings('hdd-1/objects');
  const opening = site.reopen({ fileSystem: hold.fileSystem });
  await hold.reached;
  await until(() => site.store !== store, 'the store to be open');
  const closing = site.store.close();
  hold.letGo();
  await Promise.all([closing, opening]);
  expect(site.store.index.assetCount).toBeLessThan(50);
  await site.reopen();
  expect(site.store.index.assetCount).toBe(50);
});

test('heat of what comes back begins when it came back', async () => {
  await put(1);
  const store = await restart(nothing);
  const { slot = -1 } = store.index.asset(sha256(contentOf(1))) ?? {};
  expect(store.index.lastUsedAt(slot)).toBeGreaterThan(epochMs(1_600_000_000_000));
});
