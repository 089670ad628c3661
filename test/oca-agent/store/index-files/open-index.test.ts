import { copyFileSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DiskId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { openSqlite } from '../../../../oca-agent/platform/database.ts';
import { type FileSystem, nodeFileSystem } from '../../../../oca-agent/platform/file-system.ts';
import { nodePlatform } from '../../../../oca-agent/platform/node-platform.ts';
import type { AssetIndex } from '../../../../oca-agent/store/asset-index.ts';
import { openIndex } from '../../../../oca-agent/store/index-files/open-index.ts';
import { openStore } from '../../../../oca-agent/store/open-store.ts';
import { failingFiles } from '../../fixtures/failing-files.ts';
import {
  assetOf,
  checkAgainst,
  IndexModel,
  idOf,
  nameOf,
  operations,
} from '../../fixtures/index-model.ts';
import { ManualClock } from '../../fixtures/manual-clock.ts';
import { until } from '../../fixtures/until.ts';

const WRITTEN_MS = 1000;
const SNAPSHOT_MS = 3_600_000;
/** Of a small index: its five parts and the footer. */
const SNAPSHOT_WRITES = 6;
/** So many different names of files are shared by the names of an index. */
const SHARED_FILES = 65_536;
const now = epochMs(1_800_000_000_000);
let folder: string;
let clock: ManualClock;
let events: string[];
let opened: AssetIndex[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-index-'));
  clock = new ManualClock();
  events = [];
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((index) => index.close().catch(() => undefined)));
  await rm(folder, { recursive: true, force: true });
});

const pathOf = (file: string) => join(folder, file);
async function open(options: { at?: string; fileSystem?: FileSystem } = {}): Promise<AssetIndex> {
  const { at = folder, fileSystem = nodeFileSystem } = options;
  const index = await openIndex({
    platform: { clock, fileSystem, openDatabase: openSqlite },
    stateDirectory: at,
    log: (event) => events.push(event),
  });
  opened.push(index);
  return index;
}
async function close(index: AssetIndex): Promise<void> {
  opened = opened.filter((other) => other !== index);
  await index.close();
}
/** What a crash leaves: the files as they are at one moment, while the index still has them open. */
function crash(at = folder): string {
  const copy = mkdtempSync(join(folder, 'crashed-'));
  for (const file of readdirSync(at))
    if (file.startsWith('index.') && existsSync(join(at, file)))
      copyFileSync(join(at, file), join(copy, file));
  return copy;
}
const hold = (index: AssetIndex, seed: number) => {
  index.add(assetOf(seed), now);
  index.bind(idOf(seed), nameOf(1, seed));
};
const heldSeeds = (index: AssetIndex, count: number) =>
  Array.from({ length: count }, (_, seed) => seed).filter((seed) => {
    const { titleId, file } = nameOf(1, seed);
    const found = index.find(titleId, file);
    if (found) expect(found).toMatchObject({ ...assetOf(seed), ...nameOf(1, seed) });
    expect(found !== undefined).toBe(index.asset(idOf(seed)) !== undefined);
    return found !== undefined;
  });
const seedsUpTo = (count: number) => Array.from({ length: count }, (_, seed) => seed);
const snapshots = async () => (await readdir(folder)).filter((file) => file.endsWith('.snapshot'));

test('what was done is there after a restart, after a crash, with a snapshot and without, and so again', async () => {
  const ending = fc.constantFrom('close', 'crash', 'close and lose the snapshot');
  const lives = fc.array(fc.tuple(operations, fc.boolean(), ending), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(lives, async (runs) => {
      const model = new IndexModel();
      let at = await mkdtemp(join(folder, 'run-'));
      for (const [steps, isSnapshotBetween, end] of runs) {
        const index = await open({ at });
        model.plan = new Map();
        checkAgainst(index, model);
        const half = Math.floor(steps.length / 2);
        for (const step of steps.slice(0, half)) expect(step.on(index)).toEqual(step.on(model));
        if (isSnapshotBetween) void clock.advance(SNAPSHOT_MS);
        for (const step of steps.slice(half)) expect(step.on(index)).toEqual(step.on(model));
        checkAgainst(index, model);
        at = await endLife(index, at, end);
        dropNameless(model);
      }
      checkAgainst(await open({ at }), Object.assign(model, { plan: new Map() }));
    }),
    { seed: 43, numRuns: 20 },
  );
});

/** A crash in which everything was written; the transfers that it takes back are another test’s. */
async function endLife(index: AssetIndex, at: string, end: string): Promise<string> {
  if (end === 'crash') {
    await clock.advance(WRITTEN_MS);
    return crash(at);
  }
  await close(index);
  if (end !== 'close') await rm(join(at, 'index.snapshot'));
  return at;
}
/** An asset without a name is not restored: its sidecar may know more. */
function dropNameless(model: IndexModel): void {
  const named = new Set([...model.names.values()].map(({ assetId }) => assetId));
  for (const assetId of model.assets.keys()) if (!named.has(assetId)) model.assets.delete(assetId);
}

test('files of more names than are shared are found after a restart, with a snapshot and without', async () => {
  const before = await open();
  before.add(assetOf(1), now);
  const nameOfFile = (number: number) => ({ ...nameOf(1, 0), file: `${number}.mp4` });
  const numbers = [0, 1, SHARED_FILES - 1, SHARED_FILES, SHARED_FILES + 1];
  for (let number = 0; number <= SHARED_FILES + 1; number += 1)
    before.bind(idOf(1), nameOfFile(number));
  for (let turn = 0; turn < 64; turn += 1) await clock.advance(WRITTEN_MS);
  await close(before);
  for (const hasSnapshot of [true, false]) {
    if (!hasSnapshot) await rm(pathOf('index.snapshot'));
    const after = await open();
    for (const number of numbers) {
      const { titleId, file, etag } = nameOfFile(number);
      expect(after.find(titleId, file)).toMatchObject({ assetId: idOf(1), file, etag });
    }
    expect(after.find(nameOf(1, 0).titleId, `${SHARED_FILES + 2}.mp4`)).toBeUndefined();
    await close(after);
  }
});

test('heat and uses survive a restart', async () => {
  const index = await open();
  hold(index, 1);
  hold(index, 2);
  const { slot } = index.asset(idOf(1)) ?? { slot: -1 };
  for (let use = 0; use < 10; use += 1) index.touch(slot, epochMs(now + use * 1000));
  const { heat, usedAt } = { heat: index.heatOf(slot), usedAt: index.lastUsedAt(slot) };
  await close(index);
  const again = await open();
  expect(again.asset(idOf(1))?.slot).toBe(slot);
  expect(again.heatOf(slot)).toBe(heat);
  expect(again.lastUsedAt(slot)).toBe(usedAt);
  expect(heat).toBeGreaterThan(again.heatOf(again.asset(idOf(2))?.slot ?? -1));
});

test('a crash takes back what was not written yet, and no more', async () => {
  const index = await open();
  for (const seed of seedsUpTo(5)) hold(index, seed);
  await clock.advance(WRITTEN_MS);
  hold(index, 5);
  index.remove(idOf(0));
  const crashed = await open({ at: crash() });
  expect(heldSeeds(crashed, 6)).toEqual([0, 1, 2, 3, 4]);
});

test('many changes at once are written before any time has passed', async () => {
  const index = await open();
  for (const seed of seedsUpTo(2000)) hold(index, seed);
  await clock.advance(SNAPSHOT_MS);
  for (const seed of seedsUpTo(2000)) index.remove(idOf(seed));
  const crashed = await open({ at: crash() });
  expect(heldSeeds(crashed, 2000).length).toBeLessThan(1000);
});

test('of very many that are new some are written at a time, and whatever a crash leaves of them is true', async () => {
  const index = await open();
  for (const seed of seedsUpTo(3000)) hold(index, seed);
  let written = 0;
  for (let turn = 0; turn < 4; turn += 1) {
    await clock.advance(WRITTEN_MS);
    // What is new goes again, and others take its slots and rows, whether the database has heard of it or not.
    for (let seed = turn; seed < 3000; seed += 40) {
      index.remove(idOf(seed));
      hold(index, 3000 + 3000 * turn + seed);
    }
    const crashed = await open({ at: crash() });
    const found = [...crashed.assets()];
    expect(found.length).toBeGreaterThan(written);
    expect(found.length).toBeLessThan(3000);
    written = found.length;
    for (const { assetId } of found)
      for (const { titleId, file } of crashed.namesOf(assetId))
        expect(`${titleId} ${idOf(Number(/\d+/.exec(file)?.[0]))}`).toBe(`title-1 ${assetId}`);
  }
  await close(index);
  const again = await open();
  expect([...again.assets()]).toHaveLength(3000);
  for (let turn = 0; turn < 8; turn += 1) await clock.advance(WRITTEN_MS);
  expect([...(await open({ at: crash() })).assets()]).toHaveLength(3000);
  await close(again);
  await loseSnapshot();
  expect([...(await open()).assets()]).toHaveLength(3000);
});

test('a snapshot is taken while the agent runs, and what changed since is told by the database', async () => {
  const index = await open();
  for (const seed of seedsUpTo(3000)) hold(index, seed);
  for (let turn = 0; turn < 8; turn += 1) await clock.advance(WRITTEN_MS);
  void clock.advance(SNAPSHOT_MS);
  // While it is being written.
  for (const seed of seedsUpTo(1000)) index.remove(idOf(3 * seed));
  for (let seed = 3000; seed < 3100; seed += 1) hold(index, seed);
  await until(async () => (await snapshots()).length > 0, 'the snapshot');
  for (let seed = 3100; seed < 3200; seed += 1) hold(index, seed);
  index.remove(idOf(3150));
  await clock.advance(WRITTEN_MS);
  const crashed = await open({ at: crash() });
  const expected = seedsUpTo(3200).filter((seed) => seed >= 3000 || seed % 3 !== 0);
  expect(heldSeeds(crashed, 3200)).toEqual(expected.filter((seed) => seed !== 3150));
  expect(events).toEqual([]);
});

/** Three thousand assets, closed in good order; then something happens to the files. */
async function damage(what: () => Promise<unknown>): Promise<AssetIndex> {
  const index = await open();
  for (const seed of seedsUpTo(3000)) hold(index, seed);
  await close(index);
  await what();
  return open();
}
const flip = async (file: string, position: number, lengthBytes = 1) => {
  const content = await readFile(pathOf(file));
  for (let at = position; at < position + lengthBytes; at += 1)
    content[at] = (content[at] ?? 0) ^ 0x55;
  await writeFile(pathOf(file), content);
};

test.each([
  ['cut off', () => truncate(pathOf('index.snapshot'), 100_000)],
  [
    'cut off by one byte',
    async () => truncate(pathOf('index.snapshot'), (await stat(pathOf('index.snapshot'))).size - 1),
  ],
  ['empty', () => writeFile(pathOf('index.snapshot'), '')],
  ['garbage', () => writeFile(pathOf('index.snapshot'), 'x'.repeat(200_000))],
  ['gone', () => rm(pathOf('index.snapshot'))],
])('a snapshot that is %s is not believed: the database tells all', async (_, what) => {
  expect(heldSeeds(await damage(what), 3000)).toEqual(seedsUpTo(3000));
  expect(events).toEqual(['store.index.read']);
});

test('no flipped byte of a snapshot is believed', async () => {
  const random = seededRandom(5);
  const index = await open();
  for (const seed of seedsUpTo(200)) hold(index, seed);
  await close(index);
  const whole = await readFile(pathOf('index.snapshot'));
  for (let round = 0; round < 12; round += 1) {
    await flip('index.snapshot', Math.floor(random.next() * whole.length));
    const again = await open();
    expect(heldSeeds(again, 200)).toEqual(seedsUpTo(200));
    await close(again);
    await writeFile(pathOf('index.snapshot'), whole);
  }
  expect(events).toEqual(Array(12).fill('store.index.read'));
});

test('a snapshot of another index is not believed', async () => {
  const other = await open({ at: await mkdtemp(join(folder, 'other-')) });
  hold(other, 7);
  await close(other);
  const at = (await readdir(folder)).find((name) => name.startsWith('other-')) ?? '';
  const index = await damage(() =>
    cp(join(pathOf(at), 'index.snapshot'), pathOf('index.snapshot')),
  );
  expect(heldSeeds(index, 3000)).toEqual(seedsUpTo(3000));
});

test('a snapshot that knows more than the database is not believed: a power cut took back what the database had', async () => {
  const index = await open();
  hold(index, 1);
  await clock.advance(WRITTEN_MS);
  const early = crash();
  hold(index, 2);
  index.remove(idOf(1));
  await close(index);
  await cp(pathOf('index.snapshot'), join(early, 'index.snapshot'));
  expect(heldSeeds(await open({ at: early }), 3)).toEqual([1]);
});

const DATABASE_FILES = ['index.db', 'index.db-wal', 'index.db-shm'];
const loseSnapshot = () => rm(pathOf('index.snapshot'));

test.each([
  ['garbage', () => writeFile(pathOf('index.db'), 'this is no database')],
  ['cut off', () => truncate(pathOf('index.db'), 50_000)],
  [
    'of another format',
    async () => {
      await Promise.all(DATABASE_FILES.map((file) => rm(pathOf(file), { force: true })));
      const database = openSqlite(pathOf('index.db'), 'cache');
      database.exec('CREATE TABLE asset (assetId TEXT)');
      database.close();
    },
  ],
])('a database that is %s is begun anew, empty, and its snapshot with it', async (_, what) => {
  const index = await damage(async () => {
    await loseSnapshot();
    await what();
  });
  expect([...index.assets()]).toEqual([]);
  expect(events).toEqual(['store.index.unsound']);
  hold(index, 1);
  await close(index);
  expect(heldSeeds(await open(), 3)).toEqual([1]);
});

test('whatever bytes flip in the database, no row comes back that was not written', async () => {
  const random = seededRandom(6);
  const index = await open();
  for (const seed of seedsUpTo(200)) hold(index, seed);
  await close(index);
  await loseSnapshot();
  const whole = await readFile(pathOf('index.db'));
  let lost = 0;
  for (let round = 0; round < 12; round += 1) {
    await writeFile(pathOf('index.db'), whole);
    for (let hit = 0; hit < 20; hit += 1)
      await flip('index.db', Math.floor(random.next() * whole.length));
    const again = await open();
    lost += 200 - heldSeeds(again, 200).length;
    await close(again);
    await Promise.all(
      [...DATABASE_FILES, 'index.snapshot'].map((file) => rm(pathOf(file), { force: true })),
    );
  }
  expect(lost).toBeGreaterThan(0);
});

test('an asset that lost its names is not restored, so that its sidecar tells them', async () => {
  const index = await open();
  hold(index, 1);
  index.add(assetOf(2), now);
  await close(index);
  expect([...(await open()).assets()].map(({ assetId }) => assetId)).toEqual([idOf(1)]);
});

test('when the snapshot cannot be written the index goes on, and the database tells all', async () => {
  let code: string | undefined = 'ENOSPC';
  const fileSystem = failingFiles((operation, path) =>
    operation === 'write' && path.includes('.snapshot') ? code : undefined,
  );
  const index = await open({ fileSystem });
  hold(index, 1);
  void clock.advance(SNAPSHOT_MS);
  await until(() => events.includes('store.snapshot.unwritten'), 'the failure');
  hold(index, 2);
  await close(index);
  expect(await snapshots()).toEqual([]);
  code = undefined;
  expect(heldSeeds(await open({ fileSystem }), 3)).toEqual([1, 2]);
});

test('what the plan alone wanted is not held after a restart', async () => {
  const index = await open();
  const { fetchedAt: _, ...name } = nameOf(2, 2);
  index.setPlan([
    { ...name, assetId: idOf(9), sizeBytes: assetOf(9).sizeBytes, tier: 'hdd', priority: 1 },
  ]);
  hold(index, 1);
  await close(index);
  const again = await open();
  expect([...again.assets()].map(({ assetId }) => assetId)).toEqual([idOf(1)]);
  expect(again.missing()).toEqual([]);
});

test('a plan that comes while a snapshot is written is in none of its parts after a restart', async () => {
  const planOf = (seeds: readonly number[]) =>
    seeds.map((seed) => {
      const { fetchedAt: _, ...name } = nameOf(seed % 7, seed);
      const { assetId, sizeBytes } = assetOf(seed);
      return { ...name, assetId, sizeBytes, tier: 'hdd' as const, priority: 1 };
    });
  const plans = [planOf(seedsUpTo(400).slice(100)), planOf(seedsUpTo(2000).slice(600))];
  for (let call = 1; call <= SNAPSHOT_WRITES; call += 1) {
    let writes = 0;
    const at = await mkdtemp(join(folder, 'run-'));
    const fileSystem = failingFiles((operation, path) => {
      if (operation !== 'write' || !path.includes('.snapshot')) return undefined;
      writes += 1;
      if (writes === call) index.setPlan(plans[1] ?? []);
      return undefined;
    });
    const index = await open({ at, fileSystem });
    for (const seed of seedsUpTo(50)) hold(index, seed);
    index.setPlan(plans[0] ?? []);
    void clock.advance(SNAPSHOT_MS);
    await until(async () => (await readdir(at)).includes('index.snapshot'), 'the snapshot');
    const again = await open({ at: crash(at) });
    expect(heldSeeds(again, 3000)).toEqual(seedsUpTo(50));
    again.setPlan(plans[0] ?? []);
    for (let seed = 2000; seed < 3000; seed += 1) hold(again, seed);
    expect(again.planProgress().assetsTotal).toBe(300);
    expect(heldSeeds(again, 3000)).toHaveLength(1050);
    await close(again);
    await close(index);
  }
});

test('an index that a newer version wrote is refused at start, and nothing is touched', async () => {
  const index = await open();
  hold(index, 1);
  await close(index);
  const database = openSqlite(pathOf('index.db'), 'cache');
  database.exec('PRAGMA user_version = 3');
  database.close();
  const disk = pathOf('hdd-1');
  await mkdir(disk);
  const contentOf = async () =>
    Promise.all(
      (await readdir(folder))
        .filter((file) => file.startsWith('index.'))
        .map(async (file) => [file, await readFile(pathOf(file))]),
    );
  const before = await contentOf();
  const settings = {
    diskId: 'hdd-1' as DiskId,
    tier: 'hdd' as const,
    path: disk,
    capacityBytes: bytes(1e9),
  };
  const opening = openStore({
    platform: nodePlatform(),
    stateDirectory: folder,
    disks: [settings],
    knownDiskIds: new Set(),
    log: () => undefined,
  });
  await expect(opening).rejects.toMatchObject({ code: 'store-newer' });
  expect(await readdir(disk)).toEqual([]);
  expect(await contentOf()).toEqual(before);
  await expect(open()).rejects.toMatchObject({ code: 'store-newer' });
});
