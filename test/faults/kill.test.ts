import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { parityTasks } from '../../oca-agent/parity/parity-tasks.ts';
import { AssetVerifier } from '../../oca-agent/upkeep/asset-verifier.ts';
import type { Work } from './programs/keep-working.ts';
import { Child } from './support/child.ts';
import { newSeed } from './support/seed.ts';
import { examine, idOfBytesFrom, openStoreAt, SOUND, type StorePlace } from './support/stores.ts';
import { Workspace } from './support/workspace.ts';

const KILLS_EACH = 20;
const KILL_AFTER_MAX_MS = 400;
const ROUND_MAX_MS = 20_000;

const seed = newSeed('kill -9');
const random = seededRandom(seed);
let workspace: Workspace;
let place: StorePlace;
/** One store lives through all of it. */
const acknowledged = new Set<AssetId>();

beforeAll(async () => {
  workspace = await Workspace.open();
  const disks = ['flash', 'flash', 'hdd', 'hdd', 'hdd', 'hdd'].map((tier, index) => ({
    path: join(workspace.folder, `disk-${index}`),
    tier: tier as 'flash' | 'hdd',
  }));
  for (const { path } of disks) await mkdir(path);
  place = {
    stateDirectory: join(workspace.folder, 'state'),
    disks,
    capacityBytes: 1_500_000,
    parity: { dataFiles: 2, parityFiles: 1 },
  };
});
afterAll(() => workspace.close());

/** Lets the store work until it is killed at some moment; how many steps it did. */
async function workUntilKilled(work: Work): Promise<number> {
  const child = new Child('keep-working', { ...place, work, seed: random.next() * 2 ** 32 });
  await child.until('ready');
  await delay(KILL_AFTER_MAX_MS * random.next());
  await child.kill();
  for (const line of child.lines) {
    const [word, assetId = ''] = line.split(' ');
    if (word === 'held') acknowledged.add(assetId as AssetId);
    if (word === 'leaving') acknowledged.delete(assetId as AssetId);
  }
  expect(child.said('wrong')).toEqual([]);
  return child.said('step').length;
}

/**
 * Opens the store anew: everything that was acknowledged is there. A kill may have left a group without a member that was
 * evicted while the group was written; when upkeep has mended that, parity tells every asset that it says it protects.
 */
async function expectSound(): Promise<{ told: number }> {
  const { store, keeper } = await openStoreAt(place);
  if (!keeper) throw new Error('parity is off');
  try {
    expect(await examine(store, place, acknowledged)).toEqual(SOUND);
    const verifier = new AssetVerifier({ store, reconstruction: keeper, log: () => undefined });
    const tasks = parityTasks({ keeper, store, verifier, pace: async () => undefined });
    const { signal } = new AbortController();
    for (const task of tasks) while (await task.step(signal));
    let told = 0;
    for (const asset of [...store.index.assets()]) {
      const reader = await keeper.openLost(asset);
      if (!reader) continue;
      expect(await idOfBytesFrom(reader, asset.sizeBytes)).toBe(asset.assetId);
      told += 1;
    }
    expect(told).toBe(keeper.report().protectedAssets);
    return { told };
  } finally {
    await store.close();
  }
}

test.each(['fill', 'parity', 'move', 'evict', 'scrub'] as const)(
  `${KILLS_EACH} kills at some moment of work on "%s" lose nothing that was acknowledged and leave nothing behind`,
  async (work) => {
    let steps = 0;
    let told = 0;
    for (let kill = 0; kill < KILLS_EACH; kill += 1) {
      steps += await workUntilKilled(work);
      told += (await expectSound()).told;
    }
    expect(steps).toBeGreaterThan(KILLS_EACH);
    expect(acknowledged.size).toBeGreaterThan(0);
    if (work !== 'fill') expect(told).toBeGreaterThan(0);
  },
  KILLS_EACH * ROUND_MAX_MS,
);
