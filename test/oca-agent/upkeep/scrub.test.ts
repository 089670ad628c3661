import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { AssetVerifier } from '../../../oca-agent/upkeep/asset-verifier.ts';
import { Scrub } from '../../../oca-agent/upkeep/scrub.ts';
import { ScrubBook } from '../../../oca-agent/upkeep/scrub-book.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';

const SIZE = 100_000;
const DAY_MS = 86_400_000;
const { signal } = new AbortController();

let disks: StoreOnDisks;
let clock: ManualClock;
let paced: { diskId: DiskId; sizeBytes: number }[];
let onPaced: () => void;

beforeEach(async () => {
  clock = new ManualClock();
  paced = [];
  onPaced = () => undefined;
  disks = await StoreOnDisks.open({ hddDisks: 4, parity: { dataFiles: 2, parityFiles: 1 } });
});
afterEach(() => disks.remove());

async function build(periodDays: number): Promise<Scrub> {
  const { store, keeper, log } = disks;
  const book = new ScrubBook(nodeFileSystem, join(disks.folder, 'state', 'scrub.json'));
  await book.load();
  return new Scrub({
    store,
    keeper,
    verifier: new AssetVerifier({ store, reconstruction: keeper, log }),
    book,
    pace: async (diskId, sizeBytes) => {
      paced.push({ diskId, sizeBytes });
      onPaced();
    },
    clock,
    log,
    periodDays,
  });
}
/** As the upkeep does: each disk by itself, until none has more to do now. */
async function work(scrub: Scrub): Promise<void> {
  for (const disk of scrub.disks) while (await disk.step(signal));
}
const readBytes = () => paced.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
async function fill(count: number): Promise<HeldAsset[]> {
  const assets: HeldAsset[] = [];
  for (let seed = 1; seed <= count; seed += 1) assets.push(await disks.put(seed, SIZE));
  return assets;
}
const parityBytes = () => disks.keeper?.report().parityBytes ?? 0;

test('a round that is ordered reads every asset and every parity file, each at the pace of its disk', async () => {
  const assets = await fill(6);
  await disks.put(7, SIZE, 'flash');
  await disks.protect();
  const scrub = await build(0);
  await work(scrub);
  expect([readBytes(), scrub.report().startedAt]).toEqual([0, undefined]);
  scrub.hurry();
  expect(scrub.isUrgent).toBe(true);
  await work(scrub);
  expect(parityBytes()).toBeGreaterThanOrEqual(3 * SIZE);
  expect(readBytes()).toBe(7 * SIZE + parityBytes());
  for (const { diskId } of assets) expect(paced.map((read) => read.diskId)).toContain(diskId);
  expect(scrub.isUrgent).toBe(false);
  expect(scrub.report()).toEqual({
    startedAt: clock.now(),
    verifiedBytes: 7 * SIZE + parityBytes(),
    totalBytes: 7 * SIZE + parityBytes(),
    completedAt: clock.now(),
    repairedAssets: 0,
    lostAssets: 0,
  });
});

test('a round is spread over the period and begins anew in the next', async () => {
  for (let seed = 1; seed <= 10; seed += 1) await disks.put(seed, SIZE, 'flash');
  const scrub = await build(10);
  await work(scrub);
  const shares: number[] = [];
  for (let day = 1; day <= 9; day += 1) {
    await clock.advance(DAY_MS);
    await work(scrub);
    shares.push(readBytes() / (10 * SIZE));
  }
  shares.forEach((share, place) => {
    expect(share).toBeGreaterThanOrEqual(((place + 1) / 9) * 0.99);
    expect(share).toBeLessThanOrEqual(Math.min(1, (place + 1) / 9 + 0.2));
  });
  expect(scrub.report().completedAt).toBe(clock.now());
  await clock.advance(DAY_MS - 1);
  await work(scrub);
  expect(readBytes()).toBe(10 * SIZE);
  await clock.advance(1);
  await work(scrub);
  await clock.advance(DAY_MS);
  await work(scrub);
  expect(readBytes()).toBeGreaterThan(10 * SIZE);
});

test('a disk that holds nothing has no round, and what comes in a round is read in time', async () => {
  const scrub = await build(10);
  await work(scrub);
  expect(scrub.report()).toMatchObject({ totalBytes: 0 });
  expect(scrub.report().startedAt).toBeUndefined();
  await disks.put(1, SIZE, 'flash');
  await work(scrub);
  expect(scrub.report().startedAt).toBe(clock.now());
  for (let seed = 2; seed <= 10; seed += 1) await disks.put(seed, SIZE, 'flash');
  await clock.advance(9 * DAY_MS);
  await work(scrub);
  expect(readBytes()).toBeLessThanOrEqual(10 * SIZE);
  expect(scrub.report()).toMatchObject({ totalBytes: 10 * SIZE, completedAt: clock.now() });
});

test('after a restart it goes on where it was, and does not verify twice', async () => {
  for (let seed = 1; seed <= 10; seed += 1) await disks.put(seed, SIZE, 'flash');
  const before = await build(10);
  await work(before);
  await clock.advance(4 * DAY_MS);
  await work(before);
  await before.close();
  const read = readBytes();
  expect(read).toBeGreaterThan(0);
  const scrub = await build(10);
  expect(scrub.report()).toEqual(before.report());
  await work(scrub);
  expect(readBytes()).toBe(read);
  await clock.advance(6 * DAY_MS - 1);
  await work(scrub);
  expect(readBytes()).toBe(10 * SIZE);
});

test('a round that is ordered while another is under way begins at the beginning', async () => {
  for (let seed = 1; seed <= 5; seed += 1) await disks.put(seed, SIZE, 'flash');
  const scrub = await build(0);
  scrub.hurry();
  let isOrdered = false;
  onPaced = () => {
    if (isOrdered || paced.length !== 3) return;
    isOrdered = true;
    paced.length = 0;
    scrub.hurry();
  };
  await work(scrub);
  // What was being read when the order came is read to its end, for nobody.
  expect(readBytes()).toBe(5 * SIZE);
  expect(scrub.report()).toMatchObject({ verifiedBytes: 5 * SIZE, totalBytes: 5 * SIZE });
});

test('nobody waits for the round of a disk that is out of use', async () => {
  const [asset] = await fill(1);
  const scrub = await build(0);
  scrub.hurry();
  if (asset) disks.store.volume(asset.diskId)?.fail('it was pulled');
  await work(scrub);
  expect(scrub.isUrgent).toBe(false);
});

test('a parity file whose disk does not answer is not passed over: it is verified when the disk does', async () => {
  await disks.remove();
  let isBusy = false;
  const fileSystem = failingFiles((operation, path) =>
    isBusy && operation === 'open' && path.includes('/parity/') ? 'disk-busy' : undefined,
  );
  const parity = { dataFiles: 2, parityFiles: 1 };
  disks = await StoreOnDisks.open({ hddDisks: 3, parity, fileSystem });
  await fill(12);
  await disks.protect();
  const scrub = await build(0);
  scrub.hurry();
  isBusy = true;
  await expect(work(scrub)).rejects.toMatchObject({ code: 'disk-busy' });
  isBusy = false;
  await work(scrub);
  expect(readBytes()).toBe(12 * SIZE + parityBytes());
  expect(scrub.isUrgent).toBe(false);
});

test('a book that cannot be read is begun anew', async () => {
  await disks.put(1, SIZE, 'flash');
  await writeFile(join(disks.folder, 'state', 'scrub.json'), '{"version":1,"rounds":[{}]}');
  const scrub = await build(1);
  await work(scrub);
  expect(scrub.report()).toMatchObject({ verifiedBytes: SIZE, totalBytes: SIZE });
});

test('rot is found and told from parity', async () => {
  const assets = await fill(6);
  await disks.protect();
  const wrong = assets[2] as HeldAsset;
  await disks.rot(disks.pathOf(wrong), 1000);
  const scrub = await build(0);
  scrub.hurry();
  await work(scrub);
  expect(scrub.report()).toMatchObject({ repairedAssets: 1, lostAssets: 0 });
  expect((await disks.stored(wrong.assetId)).equals(seededBytes(3, SIZE))).toBe(true);
});

test('a parity file that has rotted is written anew, and tells lost assets again', async () => {
  const assets = await fill(2);
  await disks.protect();
  const [row] = disks
    .disks()
    .flatMap(({ diskId }) => [...(disks.keeper?.rowsOfDisk(diskId) ?? [])]);
  if (!row) throw new Error('there is no parity file');
  const name = `${row.groupId}.${row.row}`;
  await disks.rot(join(disks.folder, row.diskId, 'parity', name.slice(0, 2), name), 1000);
  const scrub = await build(0);
  scrub.hurry();
  await work(scrub);
  expect(disks.events.map(({ event }) => event)).toContain('store.parity.rotten');
  await disks.protect();
  const wrong = assets[0] as HeldAsset;
  await disks.rot(disks.pathOf(wrong), 1000);
  scrub.hurry();
  await work(scrub);
  expect(scrub.report()).toMatchObject({ repairedAssets: 1, lostAssets: 0 });
  expect((await disks.stored(wrong.assetId)).equals(seededBytes(1, SIZE))).toBe(true);
});
