import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DiskId } from '#domain/ids.ts';
import { type Random, seededRandom } from '#domain/random.ts';
import type { Tier } from '#protocol/fields.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { groupsOnDisks, pull, wrongAssets } from '../../oca-agent/fixtures/parity-files.ts';
import { StoreOnDisks } from '../../oca-agent/fixtures/store-on-disks.ts';

const NO_PACE = async () => undefined;
const shapes = fc.record({
  dataFiles: fc.integer({ min: 1, max: 6 }),
  parityFiles: fc.integer({ min: 1, max: 3 }),
  spareDisks: fc.integer({ min: 0, max: 3 }),
  seed: fc.integer(),
});

const pick = <T>(values: readonly T[], random: Random): T | undefined =>
  values[Math.floor(random.next() * values.length)];

/** Assets come, go and move, and parity is kept up now and then. */
async function live(site: StoreOnDisks, random: Random, steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    const asset = pick([...site.store.index.assets()], random);
    const chance = random.next();
    if (chance < 0.5 || !asset) {
      const sizeBytes = 1 + Math.floor(random.next() ** 4 * 3e5);
      await site.put(Math.floor(random.next() * 1e6), sizeBytes);
    } else if (chance < 0.65) await site.store.remove(asset.assetId, 'eviction');
    else if (chance < 0.75) await move(site, asset, random.next() < 0.3 ? 'flash' : 'hdd');
    else if (chance < 0.9) await site.protect();
    else await site.reopen();
  }
}

async function move(site: StoreOnDisks, asset: HeldAsset, tier: Tier): Promise<void> {
  const { signal } = new AbortController();
  await site.store.relocate(asset, { tiers: [tier], pace: NO_PACE, signal });
}

/** Some disks that are still there, at most as many as a group has rows. */
function someDisks(site: StoreOnDisks, countMax: number, random: Random): DiskId[] {
  const hdd = site.disks().filter(({ diskId, tier }) => {
    return tier === 'hdd' && site.store.volume(diskId)?.isReadable;
  });
  const count = Math.min(hdd.length - countMax - 1, 1 + Math.floor(random.next() * countMax));
  const shuffled = hdd.map(({ diskId }) => ({ diskId, key: random.next() }));
  shuffled.sort((one, other) => one.key - other.key);
  return shuffled.slice(0, Math.max(0, count)).map(({ diskId }) => diskId);
}

async function expectWholeGroups(site: StoreOnDisks, parityFiles: number): Promise<void> {
  expect(site.keeper?.report()).toMatchObject({ unprotectedAssets: 0, reconstructedAssets: 0 });
  for (const { members, rowDisks } of await groupsOnDisks(site)) {
    const disks = [
      ...members.map(({ assetId }) => site.store.index.asset(assetId)?.diskId),
      ...rowDisks,
    ];
    expect(new Set(disks).size).toBe(disks.length);
    expect(rowDisks).toHaveLength(parityFiles);
  }
}

test('whatever k and m, sizes, comings and goings: any m disks may be lost, repaired, and m others after them', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async ({ dataFiles, parityFiles, spareDisks, seed }) => {
      const random = seededRandom(seed);
      const site = await StoreOnDisks.open({
        flashDisks: 1,
        hddDisks: dataFiles + parityFiles + spareDisks,
        parity: { dataFiles, parityFiles },
      });
      try {
        await live(site, random, 25);
        await site.protect();
        await expectWholeGroups(site, parityFiles);
        const count = [...site.store.index.assets()].length;
        const first = someDisks(site, parityFiles, random);
        await pull(site, first);
        expect(await wrongAssets(site.store)).toEqual([]);
        await site.protect();
        expect(site.keeper?.report().reconstructedAssets).toBe(0);
        // With fewer disks than that, a group cannot have all its rows again.
        if (first.length <= spareDisks) {
          await expectWholeGroups(site, parityFiles);
          await pull(site, someDisks(site, parityFiles, random));
        }
        expect(await wrongAssets(site.store)).toEqual([]);
        expect([...site.store.index.assets()]).toHaveLength(count);
      } finally {
        await site.remove();
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 300_000);
