import { mkdir, readFile, readlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { fillSource, openPlan, planItem } from '../fixtures/plans.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

const SIZE = 60_000;
const DISK_BYTES = 4 * 2 ** 20;

let site: TestSite;
afterEach(() => site.stop());

/** An agent with as many hdd disks, and what goes into its configuration. */
async function start(hddDisks: number, config: (folder: string) => Record<string, unknown>) {
  site = await TestSite.build();
  const disks = ['flash-1', ...Array.from({ length: hddDisks }, (_, place) => `hdd-${place + 1}`)];
  const settings = disks.map((diskId) => ({
    diskId,
    tier: diskId.split('-')[0],
    path: join(site.folder, diskId),
    capacityBytes: DISK_BYTES,
  }));
  for (const { path } of settings) await mkdir(path, { recursive: true });
  site.configure({ disks: settings, ...config(site.folder) });
  site.control.sources = [fillSource('cloudfront', site.cloudFront, 'cloudfront')];
  await site.startAgent();
  await until(() => site.control.lastReport?.state === 'in-service', 'a report in service');
}

/** Plans files and waits until they are held. */
async function fill(planVersion: number, seeds: readonly number[]): Promise<void> {
  const items = seeds.map((seed) => {
    const content = seededBytes(seed, SIZE);
    site.cloudFront.put('title-1', `${seed}.mp4`, content);
    return planItem(`${seed}.mp4`, content, { tier: 'hdd' });
  });
  await site.plan(openPlan(planVersion, items));
  const isFilled = async () => {
    const { fill: report } = await site.status();
    return report.planVersion === planVersion && report.state === 'complete';
  };
  await until(isFilled, `plan ${planVersion} to be filled`);
}
async function placeOf(seed: number): Promise<string> {
  const assetId = sha256(seededBytes(seed, SIZE));
  for (const { diskId } of (await site.status()).disks) {
    const path = join(site.folder, diskId, 'objects', assetId.slice(0, 2), assetId);
    if (await readFile(path).catch(() => undefined)) return path;
  }
  throw new Error(`${assetId} lies nowhere`);
}

test('a file that has rotted is told from its parity group, and the control plane learns of it', async () => {
  await start(4, () => ({ parity: { dataFiles: 2, parityFiles: 1 } }));
  expect(site.control.registrations.at(-1)).toMatchObject({
    parity: { dataFiles: 2, parityFiles: 1 },
  });
  await fill(1, [1, 2, 3, 4]);
  const isProtected = async () => (await site.status()).parity?.protectedAssets === 4;
  await until(isProtected, 'all to be protected', 60_000);
  const requests = site.cloudFront.requests.length;
  const place = await placeOf(2);
  await writeFile(place, seededBytes(9, SIZE));
  await site.manage('/scrub');
  await until(async () => !(await site.status()).scrub.isUrgent, 'the scrub to end');
  expect((await site.status()).scrub).toMatchObject({ repairedAssets: 1, lostAssets: 0 });
  const answer = await site.get('/content/title-1/2.mp4');
  expect(Buffer.from(await answer.arrayBuffer()).equals(seededBytes(2, SIZE))).toBe(true);
  expect(site.cloudFront.requests.length).toBe(requests);
  const isReported = () => site.control.lastReport?.scrub?.repairedAssets === 1;
  await until(isReported, 'a report of the repair', 20_000);
  expect(site.control.lastReport).toMatchObject({
    parity: { dataFiles: 2, parityFiles: 1, protectedAssets: 4, reconstructedAssets: 0 },
    tiers: [
      { tier: 'flash', usableBytes: Math.floor(DISK_BYTES * 0.95) },
      { tier: 'hdd', usableBytes: 4 * Math.floor((DISK_BYTES * 0.85 * 2) / 3) },
    ],
  });
}, 120_000);

test('a file that has rotted without parity is filled again', async () => {
  await start(2, () => ({}));
  expect(site.control.registrations.at(-1)?.parity).toBeUndefined();
  await fill(1, [1, 2]);
  await writeFile(await placeOf(2), seededBytes(9, SIZE));
  await site.manage('/scrub');
  await until(async () => (await site.status()).scrub.lostAssets === 1, 'the rot to be found');
  const place = await until(() => placeOf(2).catch(() => undefined), 'the file to be filled again');
  expect((await readFile(place)).equals(seededBytes(2, SIZE))).toBe(true);
}, 60_000);

test('the serving tree leads to every file that is held, and to none that is not', async () => {
  await start(2, (folder) => ({ servingTree: join(folder, 'tree') }));
  await fill(1, [1, 2]);
  const link = (seed: number) => join(site.folder, 'tree', 'title-1', `${seed}.mp4`);
  for (const seed of [1, 2])
    expect((await readFile(link(seed))).equals(seededBytes(seed, SIZE))).toBe(true);
  await fill(2, [1, 3]);
  await site.manage('/evict', { assetIds: [sha256(seededBytes(2, SIZE))] });
  await expect(readlink(link(2))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await readlink(link(3))).toBe(await placeOf(3));
  await site.stopAgent();
  await writeFile(join(site.folder, 'tree', 'title-1', 'notes.txt'), 'of the operator');
  await site.startAgent();
  await until(() => site.events('store.tree.reconciled').length === 2, 'the tree to be looked at');
  expect((await readFile(link(3))).equals(seededBytes(3, SIZE))).toBe(true);
});

test('the serving tree leads to no disk that has gone, and to the asset again when it is repaired', async () => {
  await start(4, (folder) => ({
    parity: { dataFiles: 2, parityFiles: 1 },
    servingTree: join(folder, 'tree'),
  }));
  await fill(1, [1, 2]);
  const isProtected = async () => (await site.status()).parity?.protectedAssets === 2;
  await until(isProtected, 'both to be protected', 60_000);
  const link = join(site.folder, 'tree', 'title-1', '1.mp4');
  const place = await readlink(link);
  const disk = place.slice(0, place.indexOf('/objects/'));
  await rename(disk, `${disk}-pulled`);
  // Whoever asks for it now makes the agent look at the disk; parity tells the bytes.
  const answer = await site.get('/content/title-1/1.mp4');
  expect(Buffer.from(await answer.arrayBuffer()).equals(seededBytes(1, SIZE))).toBe(true);
  const linked = () => readlink(link).catch(() => undefined);
  await until(async () => (await linked()) !== place, 'the link to go', 20_000);
  await until(async () => (await linked()) !== undefined, 'the asset to be repaired', 60_000);
  const repaired = await readFile(link);
  expect(repaired.equals(seededBytes(1, SIZE))).toBe(true);
}, 120_000);
