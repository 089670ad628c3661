import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AssetId, DiskId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import { AssetIndex } from '../../../oca-agent/store/asset-index.ts';
import { heatAfterUse, heatOfFirstUse } from '../../../oca-agent/store/heat.ts';
import { AssetTable } from '../../../oca-agent/store/table/asset-table.ts';
import { sha256 } from '../fixtures/bytes.ts';
import {
  assetOf,
  checkAgainst,
  IndexModel,
  idOf,
  nameOf,
  operations,
} from '../fixtures/index-model.ts';

const DAY = 86_400_000;
const now = epochMs(20_700 * DAY);

const planItem = (
  seed: number,
  {
    title = seed,
    file = seed,
    priority = 0,
  }: { title?: number; file?: number; priority?: number } = {},
): FillPlanItem => {
  const { fetchedAt: _, ...name } = nameOf(title, file);
  return {
    ...name,
    assetId: idOf(seed),
    sizeBytes: assetOf(seed).sizeBytes,
    tier: seed % 2 === 0 ? 'flash' : 'hdd',
    priority,
  };
};

test('whatever is done to it, the index says what a plain map would say', () => {
  fc.assert(
    fc.property(operations, fc.constantFrom(0, 2, undefined), (steps, sharedFilesMax) => {
      const index = new AssetIndex(new AssetTable(sharedFilesMax));
      const model = new IndexModel();
      for (const step of steps) {
        expect(step.on(index)).toEqual(step.on(model));
      }
      checkAgainst(index, model);
    }),
    { seed: 41, numRuns: 300 },
  );
});

test('a slot that became free is given to the next asset, and means that one alone', () => {
  const index = new AssetIndex();
  const first = index.add(assetOf(1), now);
  const second = index.add(assetOf(2), now);
  index.remove(first.assetId);
  expect(index.assetAt(first.slot)).toBeUndefined();
  const third = index.add(assetOf(3), now);
  expect(third.slot).toBe(first.slot);
  expect(index.assetAt(first.slot)?.assetId).toBe(idOf(3));
  expect(index.assetAt(second.slot)?.assetId).toBe(idOf(2));
  expect(index.keyOf(third.slot)).toBe(Number(BigInt(`0x${idOf(3).slice(0, 14)}`) >> 3n));
});

test('a slot is nobody’s before it was given, and beyond the last', () => {
  const index = new AssetIndex();
  expect([-1, 0, 1, 1e6].map((slot) => index.assetAt(slot))).toEqual(Array(4).fill(undefined));
});

test('what is no asset id is found nowhere, whatever was looked for before', () => {
  const index = new AssetIndex();
  index.add(assetOf(1), now);
  expect(index.asset(idOf(1))).toBeDefined();
  expect(index.asset('' as AssetId)).toBeUndefined();
  expect(index.asset(idOf(1).slice(0, 62) as AssetId)).toBeUndefined();
});

test('uses heat an asset in memory, as heat is defined, to a thousandth of a half-life', () => {
  const index = new AssetIndex();
  const { slot, assetId } = index.add(assetOf(1), now);
  expect(index.lastUsedAt(slot)).toBe(now);
  let heat = heatOfFirstUse(now);
  for (let use = 1; use <= 100; use += 1) {
    const at = epochMs(now + use * 7_000_000);
    index.touch(use % 2 ? slot : assetId, at);
    heat = heatAfterUse(heat, at);
    expect(index.lastUsedAt(slot)).toBe(Math.floor(at / 1000) * 1000);
  }
  expect(Math.abs(index.heatOf(slot) - heat)).toBeLessThan(0.001);
});

test('etags of every shape come back as they were', () => {
  const index = new AssetIndex();
  const md5 = createHash('md5').update('x').digest('hex');
  const etags = ['""', '"a"', `"${md5}"`, `"${md5}-1"`, `"${md5}-65535"`, `"${md5}-65536"`];
  etags.push(
    `"${md5}-0"`,
    `"${md5}-01"`,
    `"${md5.toUpperCase()}"`,
    `"${'x'.repeat(126)}"`,
    'W/"ä"',
  );
  const { assetId } = index.add(assetOf(1), now);
  etags.forEach((etag, file) => {
    index.bind(assetId, { ...nameOf(1, file), etag });
  });
  expect(
    etags.map((_, file) => index.find(nameOf(1, file).titleId, nameOf(1, file).file)?.etag),
  ).toEqual(etags);
});

test('sizes up to the largest that a number can say come back as they were', () => {
  const sizes = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 7.68e12, Number.MAX_SAFE_INTEGER];
  const index = new AssetIndex();
  const held = sizes.map((size, seed) =>
    index.add({ ...assetOf(seed), sizeBytes: bytes(size) }, now),
  );
  expect(held.map(({ slot }) => index.assetAt(slot)?.sizeBytes)).toEqual(sizes);
});

test('the digest is SHA-256 over the sorted ids, whether it is prepared in slices or not, and after any change', () => {
  const index = new AssetIndex();
  const held = new Set<string>();
  const expected = () => {
    const hash = createHash('sha256');
    for (const assetId of [...held].sort()) hash.update(`${assetId}\n`);
    return hash.digest('hex');
  };
  expect(index.digest()).toBe(expected());
  for (let seed = 0; seed < 3000; seed += 1) {
    index.add(assetOf(seed), now);
    held.add(idOf(seed));
    if (seed % 500 === 0) expect(index.digest()).toBe(expected());
  }
  for (let seed = 0; seed < 3000; seed += 7) {
    if (seed % 3 === 0) index.prepareDigest();
    index.remove(idOf(seed));
    held.delete(idOf(seed));
  }
  while (index.prepareDigest());
  expect(index.digest()).toBe(expected());
});

test('the digest keeps the order of ids that begin alike, and of those that wrap around the end', () => {
  const index = new AssetIndex();
  const ids = Array.from({ length: 400 }, (_, n) => {
    const head = (n % 2 === 0 ? 'f' : '0').repeat(n % 3 === 0 ? 8 : 14);
    return (head + sha256(Buffer.from([n & 255, n >> 8])).slice(head.length)) as AssetId;
  });
  for (const assetId of ids) index.add({ ...assetOf(1), assetId }, now);
  const hash = createHash('sha256');
  for (const assetId of ids.toSorted()) hash.update(`${assetId}\n`);
  expect(index.digest()).toBe(hash.digest('hex'));
});

test('a plan is missing until each of its names means its asset, the most wanted first', () => {
  const index = new AssetIndex();
  index.setPlan([
    planItem(1, { priority: 5 }),
    planItem(2, { priority: 9 }),
    planItem(3, { priority: 5 }),
  ]);
  expect(index.missing().map(({ assetId }) => assetId)).toEqual([idOf(2), idOf(1), idOf(3)]);
  index.add(assetOf(2), now);
  index.bind(idOf(2), nameOf(2, 2));
  expect(index.missing().map(({ assetId }) => assetId)).toEqual([idOf(1), idOf(3)]);
  expect(index.planProgress()).toMatchObject({ assetsTotal: 3, assetsDone: 1 });
  index.remove(idOf(2));
  expect(index.missing()).toEqual([
    planItem(2, { priority: 9 }),
    planItem(1, { priority: 5 }),
    planItem(3, { priority: 5 }),
  ]);
});

test('the plan says what it wants under a name in its own words, although the name is held with other ones', () => {
  const index = new AssetIndex();
  index.add(assetOf(1), now);
  index.bind(idOf(1), nameOf(1, 1));
  const item = { ...planItem(1), etag: '"planned"', contentType: 'video/webm' };
  index.setPlan([item]);
  const { titleId, file } = item;
  expect(index.plannedItem(titleId, file)).toEqual(item);
  expect(index.find(titleId, file)).toMatchObject({ ...nameOf(1, 1), isPlanned: true });
  index.bind(idOf(1), { ...nameOf(1, 1), etag: '"newer"' });
  expect(index.plannedItem(titleId, file)).toEqual(item);
  expect(index.find(titleId, file)?.etag).toBe('"newer"');
  index.setPlan([]);
  expect(index.plannedItem(titleId, file)).toBeUndefined();
});

test('of several licences for one asset the last counts; one without an end never ends', () => {
  const index = new AssetIndex();
  const ending = (title: number, until?: number) => ({
    ...planItem(1, { title }),
    ...(until === undefined ? {} : { availableUntil: epochMs(until) }),
  });
  const { slot } = index.add(assetOf(1), now);
  index.setPlan([ending(1, 500), ending(2, 900), ending(3, 700)]);
  expect(index.availableUntil(slot)).toBe(900);
  index.setPlan([ending(1, 500), ending(2)]);
  expect(index.availableUntil(slot)).toBeUndefined();
  index.setPlan([]);
  expect(index.availableUntil(slot)).toBeUndefined();
});

test('plans that follow each other leave no rows behind', () => {
  const index = new AssetIndex();
  const plan = (from: number) => Array.from({ length: 500 }, (_, n) => planItem(from + n));
  index.setPlan(plan(0));
  const rows = { slots: index.slotsEnd, names: index.table.names.rows.count };
  for (let round = 1; round <= 10; round += 1) index.setPlan(plan(round * 1000));
  expect(index.slotsEnd).toBeLessThanOrEqual(2 * rows.slots);
  expect(index.table.names.rows.count).toBeLessThanOrEqual(2 * rows.names);
  index.setPlan([]);
  expect(index.table.names.records.liveBytes).toBe(0);
  expect([...index.assets()]).toEqual([]);
});

test('usage is counted by disk, with what no plan wants beside it', () => {
  const index = new AssetIndex();
  const flash = 'flash-1' as DiskId;
  for (const seed of [1, 2, 3])
    index.add({ ...assetOf(seed), diskId: flash, sizeBytes: bytes(100 * seed) }, now);
  index.setPlan([planItem(2)]);
  expect(index.usageOfDisk(flash)).toEqual({ assetCount: 3, usedBytes: 600, evictableBytes: 400 });
  index.move(idOf(1), { diskId: 'hdd-1' as DiskId, tier: 'hdd' });
  index.setPlan([]);
  expect(index.usageOfDisk(flash)).toEqual({ assetCount: 2, usedBytes: 500, evictableBytes: 500 });
  expect(index.diskIds().sort()).toEqual(['flash-1', 'hdd-1']);
  expect(index.usageOfDisk('none' as DiskId).assetCount).toBe(0);
});
