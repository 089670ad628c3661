import { join } from 'node:path';
import type { AssetId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import type { Log } from '../../../oca-agent/log.ts';
import { parityTasks } from '../../../oca-agent/parity/parity-tasks.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { systemClock } from '../../../oca-agent/platform/node-platform.ts';
import type { HeldAsset } from '../../../oca-agent/store/asset.ts';
import { AssetVerifier } from '../../../oca-agent/upkeep/asset-verifier.ts';
import { Scrub } from '../../../oca-agent/upkeep/scrub.ts';
import { ScrubBook } from '../../../oca-agent/upkeep/scrub-book.ts';
import { assetOf, idOfServedBytes, openStoreAt, type StorePlace, take } from '../support/stores.ts';
import { say, taskOf } from './task.ts';

export type Work = 'fill' | 'move' | 'evict' | 'parity' | 'scrub';

export interface WorkingTask extends StorePlace {
  readonly seed: number;
  /** What is done most; some filling always goes on beside it. */
  readonly work: Work;
}

/** The store is kept so full that there is something of everything. */
const ASSETS_WANTED = 60;
const SIZES = { minBytes: 2_000, spreadBytes: 60_000 };

const task = taskOf<WorkingTask>();
const random = seededRandom(task.seed);
const { signal } = new AbortController();
const pace = async () => undefined;
/** Who may not be missed any more is told before its bytes are touched. */
const log: Log = (event, facts = {}) => {
  if (event === 'store.asset.removed') say(`leaving ${facts.assetId}`);
};
const { store, keeper } = await openStoreAt(task, { log });
say('ready');

const assetCount = (): number => {
  let count = 0;
  for (const { disk } of store.volumes) count += store.index.usageOfDisk(disk.diskId).assetCount;
  return count;
};

const anyAsset = (): HeldAsset | undefined => {
  const held = [...store.index.assets()];
  return held[Math.floor(random.next() * held.length)];
};

async function fill(): Promise<void> {
  const sizeBytes = SIZES.minBytes + Math.floor(random.next() * SIZES.spreadBytes);
  const { content, name } = assetOf(Math.floor(random.next() * 2 ** 32), sizeBytes);
  const tiers = random.next() < 0.7 ? (['hdd', 'flash'] as const) : (['flash', 'hdd'] as const);
  const held = await take(store, content, name, tiers);
  // Another of us may have evicted it already.
  if (held && store.index.asset(held.assetId)) say(`held ${held.assetId}`);
}

/** To another disk, or anew on its own; whoever reads it meanwhile gets its bytes. */
async function move(): Promise<void> {
  const asset = anyAsset();
  if (!asset) return;
  const isInPlace = random.next() < 0.2;
  const tiers = random.next() < 0.7 ? (['hdd'] as const) : (['flash'] as const);
  const moving = store.relocate(asset, {
    tiers: isInPlace ? [asset.tier] : tiers,
    ...(isInPlace ? { avoidDisks: new Set() } : {}),
    mayEvict: false,
    pace,
    signal,
  });
  await expectExact(asset);
  if ((await moving) === 'moved') say(`moved ${asset.assetId}`);
}

async function expectExact(asset: HeldAsset): Promise<void> {
  const served: AssetId | undefined = await idOfServedBytes(store, asset);
  if (served !== undefined && served !== asset.assetId) say(`wrong ${asset.assetId}`);
}

async function evict(): Promise<void> {
  const asset = anyAsset();
  if (asset) await store.remove(asset.assetId, 'eviction');
}

const verifier = new AssetVerifier({ store, reconstruction: keeper, log });
const upkeep = keeper ? parityTasks({ keeper, store, verifier, pace }) : [];
async function parity(): Promise<void> {
  for (const { step } of upkeep.map((one) => ({ step: () => one.step(signal) }))) await step();
}

const scrub = new Scrub({
  store,
  keeper,
  verifier,
  book: new ScrubBook(nodeFileSystem, join(task.stateDirectory, 'scrub.json')),
  pace,
  clock: systemClock,
  log,
  periodDays: 0,
});
async function scrubSome(): Promise<void> {
  if (!scrub.isUrgent) scrub.hurry();
  for (const disk of scrub.disks) await disk.step(signal);
}

const DO: Readonly<Record<Work, () => Promise<void>>> = {
  fill,
  move,
  evict,
  parity,
  scrub: scrubSome,
};

/** Some of each goes on beside what this process is for. */
function chosen(): Work {
  if (assetCount() < ASSETS_WANTED) return 'fill';
  const throwOfDice = random.next();
  if (throwOfDice < 0.15) return 'fill';
  return throwOfDice < 0.3 ? 'parity' : task.work;
}

/** Several at a time, as in the agent. */
async function work(): Promise<void> {
  for (;;) {
    await DO[chosen()]();
    say('step');
  }
}
await Promise.all([work(), work(), work()]);
