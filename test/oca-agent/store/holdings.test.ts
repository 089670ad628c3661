import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { usesAt } from '../../../oca-agent/store/heat.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { settled } from '../fixtures/manual-clock.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';
import { nameFor, SkewedClock, TestStore } from '../fixtures/stores.ts';
import { until } from '../fixtures/until.ts';

const content = seededBytes(40, 5000);
const other = seededBytes(41, 5000);
/** Calls on the disks: the operation, and what it was on. */
const calls: string[] = [];
let clock: SkewedClock;
let site: TestStore;

beforeEach(async () => {
  const fileSystem = failingFiles((operation, path) => {
    if (path.includes('/objects')) calls.push(`${operation} ${kindOf(path)}`);
    return undefined;
  });
  clock = new SkewedClock();
  const platform = { fileSystem, clock };
  site = await TestStore.open({ tiers: ['flash'], capacityBytes: 1_000_000, platform });
  calls.length = 0;
});
afterEach(() => site.close());

const kindOf = (path: string) =>
  /\.json(?:\.new)?$/.test(path) ? 'sidecar' : /[0-9a-f]{64}$/.test(path) ? 'asset' : 'folder';
const hold = async (body = content, file = 'one.mp4') => {
  const asset = await site.put(body, { file });
  if (!asset) throw new Error('no room');
  return asset;
};

test('a sidecar is written once for an asset that comes, and anew, durable, for one more name', async () => {
  const asset = await hold();
  expect(calls.filter((call) => call === 'create sidecar')).toHaveLength(1);
  calls.length = 0;
  await site.store.bind(asset.assetId, [nameFor('one.mp4', 7)]);
  expect(calls).toEqual([]);
  await site.put(content, { file: 'two.mp4' });
  expect(calls.slice(calls.indexOf('rename sidecar'))).toEqual([
    'rename sidecar',
    'syncFolder folder',
  ]);
});

test('what is wrong or withdrawn goes for good, also when the power goes; for mere room nobody waits', async () => {
  for (const [reason, isDurable] of [
    ['corruption', true],
    ['invalidation', true],
    ['licence', true],
    ['eviction', false],
  ] as const) {
    const { assetId } = await hold();
    calls.length = 0;
    expect(await site.store.remove(assetId, reason)).toBe('removed');
    const synced = calls.slice(calls.indexOf('remove asset')).includes('syncFolder folder');
    expect([reason, synced]).toEqual([reason, isDurable]);
  }
});

test('parts count as a use as often as they are of the whole; a glance keeps an asset from being forgotten', async () => {
  const [parts, whole] = [await hold(), await hold(other, 'two.mp4')];
  const { index } = site.store;
  const before = index.lastUsedAt(parts.slot);
  clock.skewMs = 2000;
  for (let part = 0; part < 1000; part += 1) site.store.noteUse(parts, 5);
  for (let play = 0; play < 10; play += 1) site.store.noteUse(whole, whole.sizeBytes);
  const uses = ({ slot }: { slot: number }) => usesAt(index.heatOf(slot), clock.now());
  expect(uses(parts)).toBeLessThan(6);
  expect(uses(whole)).toBeCloseTo(11, 0);
  expect(index.lastUsedAt(parts.slot)).toBeGreaterThan(before);
});

test('a disk that is back before all that it held was forgotten keeps the rest', async () => {
  for (const seed of [1, 2, 3, 4]) await hold(seededBytes(seed, 1000), `${seed}.mp4`);
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  site.store.nameWatcher = {
    placed: async () => undefined,
    async withdrawn() {
      reached.resolve();
      await gate.promise;
    },
  };
  const [path, volume] = [join(site.folder, 'flash-0'), site.store.volume('flash-0' as DiskId)];
  await rename(path, `${path}-pulled`);
  await volume?.look();
  await reached.promise;
  await rename(`${path}-pulled`, path);
  await volume?.look();
  await until(() => site.store.index.assetCount === 4, 'the one that was forgotten to come back');
  gate.resolve();
  await settled();
  expect(site.store.index.assetCount).toBe(4);
});

test('what lay on a disk that is configured no longer, and parity tells, is taken in again', async () => {
  const disks = await StoreOnDisks.open({
    flashDisks: 1,
    hddDisks: 4,
    parity: { dataFiles: 2, parityFiles: 1 },
  });
  try {
    for (const seed of [1, 2, 3, 4]) await disks.put(seed, 5000);
    await disks.protect();
    const last = [...disks.store.index.assets()].find(({ diskId }) => diskId === 'hdd-4');
    if (!last) throw new Error('nothing lies on the last disk');
    await disks.configure({ hddDisks: 3 });
    expect(disks.store.index.asset(last.assetId)?.diskId).toBe('hdd-4');
    const seed =
      [1, 2, 3, 4].find(
        (one) => disks.store.find(nameFor('').titleId, `${one}.mp4`)?.assetId === last.assetId,
      ) ?? 0;
    await disks.put(seed, 5000);
    expect(disks.store.index.asset(last.assetId)?.diskId).not.toBe('hdd-4');
    expect((await disks.stored(last.assetId)).equals(seededBytes(seed, 5000))).toBe(true);
  } finally {
    await disks.remove();
  }
});
