import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { AssetIndex } from '../../../oca-agent/store/asset-index.ts';
import { HeldInventory } from '../../../oca-agent/store/held-inventory.ts';
import { assetOf, idOf, nameOf } from '../fixtures/index-model.ts';

const now = epochMs(1_800_000_000_000);
const ocaId = 'oca-1' as OcaId;
const MANY = 12_000;

function holding(count: number) {
  const index = new AssetIndex();
  for (let seed = 0; seed < count; seed += 1) index.add(assetOf(seed), now);
  return { index, inventory: new HeldInventory(index, ocaId) };
}
const digestOf = (seeds: readonly number[]) => {
  const hash = createHash('sha256');
  for (const assetId of seeds.map(idOf).sort()) hash.update(`${assetId}\n`);
  return hash.digest('hex');
};
const upTo = (count: number) => Array.from({ length: count }, (_, seed) => seed);

test('the message lists titles, and each asset of a title once, both in order', () => {
  const { index, inventory } = holding(0);
  for (const seed of [5, 3, 4]) {
    index.add(assetOf(seed), now);
    index.bind(idOf(seed), nameOf(seed % 2, seed));
    index.bind(idOf(seed), nameOf(seed % 2, seed + 10));
  }
  expect(inventory.message()).toEqual({
    version: 1,
    ocaId,
    digest: digestOf([3, 4, 5]),
    titles: [
      { titleId: 'title-0', assetIds: [idOf(4)] },
      { titleId: 'title-1', assetIds: [idOf(3), idOf(5)].sort() },
    ],
  });
});

test('the digest of few assets is always that of what is held', async () => {
  const { index, inventory } = holding(100);
  expect(inventory.digest).toBe(digestOf(upTo(100)));
  index.remove(idOf(99));
  expect(inventory.digest).toBe(digestOf(upTo(99)));
  expect(await inventory.refreshed()).toBe(digestOf(upTo(99)));
});

test('the digest of many is the last one, until it is refreshed; meanwhile others get their turn', async () => {
  const { index, inventory } = holding(MANY);
  const before = digestOf(upTo(MANY));
  expect(inventory.digest).toBe(before);
  index.remove(idOf(0));
  expect(inventory.digest).toBe(before);
  let turns = 0;
  let isOver = false;
  const others = () => {
    turns += 1;
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  const refreshed = await inventory.refreshed();
  isOver = true;
  expect(refreshed).toBe(digestOf(upTo(MANY).slice(1)));
  expect(turns).toBeGreaterThan(0);
});

test('changes that come faster than the digest is made leave the one before', async () => {
  const { index, inventory } = holding(MANY);
  const before = inventory.digest;
  let isOver = false;
  let round = 0;
  const change = () => {
    if (isOver) return;
    // The first id of all: everything behind it is to be hashed again.
    const [first] = upTo(100).map(idOf).sort();
    if (first && round % 2 === 0) index.remove(first);
    else if (first) index.add({ ...assetOf(1), assetId: first }, now);
    round += 1;
    setImmediate(change);
  };
  change();
  expect(await inventory.refreshed()).toBe(before);
  isOver = true;
});
