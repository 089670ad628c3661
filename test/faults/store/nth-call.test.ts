import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { seededBytes, sha256 } from '../../oca-agent/fixtures/bytes.ts';
import { DyingFiles } from '../../oca-agent/fixtures/dying-files.ts';
import { TestStore } from '../../oca-agent/fixtures/stores.ts';

const [ONE, TWO, THREE] = [1, 2, 3].map((seed) => seededBytes(200 + seed, 3000 * seed)) as [
  Buffer,
  Buffer,
  Buffer,
];
/** Each test opens some hundred stores, and syncs all that they write. */
jest.setTimeout(240_000);

const CALLS_MAX = 1000;
const RUNS_AT_A_TIME = 16;

interface Failure {
  readonly call: number;
  readonly errno: string;
  readonly isForGood: boolean;
}

/** Writes, names anew, relocates, removes and replaces, whatever fails; returns what it knows to be held in the end. */
async function work(site: TestStore): Promise<Set<AssetId>> {
  const acknowledged = new Set<AssetId>();
  const attempt = async (step: () => Promise<unknown>) => {
    await step().catch(() => undefined);
  };
  const put = (content: Buffer, file: string, fetchedAt = 1) =>
    attempt(async () => {
      const held = await site.put(content, { file, fetchedAt });
      if (held) acknowledged.add(held.assetId);
    });
  await put(ONE, 'one.mp4');
  await put(TWO, 'two.mp4');
  await put(TWO, 'two-again.mp4');
  const held = site.store.index.asset(sha256(ONE));
  const signal = new AbortController().signal;
  const relocated = { tiers: ['hdd', 'flash'] as const, pace: async () => undefined, signal };
  if (held) await attempt(() => site.store.relocate(held, relocated));
  acknowledged.delete(sha256(TWO));
  await attempt(() => site.store.remove(sha256(TWO), 'invalidation'));
  await put(THREE, 'three.mp4');
  acknowledged.delete(sha256(ONE));
  await put(THREE, 'one.mp4', 2);
  return acknowledged;
}

/** Lets one call of the work fail, or all from there on, opens the store anew and compares it with its disks. */
async function runWith(failure: Failure): Promise<{ isOver: boolean; faults: string[] }> {
  const files = new DyingFiles((path) => /\/(flash|hdd)-\d/.test(path));
  const platform = { fileSystem: files.files };
  const site = await TestStore.open({
    tiers: ['flash', 'hdd'],
    capacityBytes: 1_000_000,
    platform,
  });
  files.failAt(failure.call, failure);
  const acknowledged = await work(site);
  const isOver = files.calls < failure.call;
  await site.store.close();
  const faults = files.openFiles === 0 ? [] : [`${files.openFiles} files left open`];
  if (failure.isForGood) await loseIndex(site);
  await site.reopen();
  faults.push(...(await faultsOf(site, acknowledged)));
  await site.close();
  return { isOver, faults: faults.map((fault) => `call ${failure.call}: ${fault}`) };
}

/** A process that ends at once writes no index any more. */
async function loseIndex(site: TestStore): Promise<void> {
  const state = join(site.folder, 'state');
  for (const name of await readdir(state)) await rm(join(state, name), { recursive: true });
}

async function faultsOf(site: TestStore, acknowledged: ReadonlySet<AssetId>): Promise<string[]> {
  const { index } = site.store;
  const faults: string[] = [];
  for (const assetId of acknowledged) if (!index.asset(assetId)) faults.push(`lost ${assetId}`);
  for (const { diskId, assetId, content } of await site.files()) {
    if (sha256(content) !== assetId) faults.push(`torn ${assetId}`);
    if (index.asset(assetId)?.diskId !== diskId) faults.push(`${assetId} is not in the index`);
  }
  for (const asset of index.assets()) {
    const content = await site.read(asset);
    if (!content || sha256(content) !== asset.assetId) faults.push(`wrong ${asset.assetId}`);
  }
  if ((await site.partials()).length > 0) faults.push('a partial is left');
  return faults;
}

test.each([
  { errno: 'EIO', isForGood: false, title: 'one call fails with EIO' },
  { errno: 'ENOSPC', isForGood: false, title: 'one call finds the disk full' },
  { errno: 'EIO', isForGood: true, title: 'the process ends at one call, and its index is lost' },
])('$title: for every call, nothing acknowledged is lost, torn or left behind', async (failure) => {
  for (let first = 1; first < CALLS_MAX; first += RUNS_AT_A_TIME) {
    const calls = Array.from({ length: RUNS_AT_A_TIME }, (_, index) => first + index);
    const runs = await Promise.all(calls.map((call) => runWith({ ...failure, call })));
    expect(runs.flatMap(({ faults }) => faults)).toEqual([]);
    if (runs.some(({ isOver }) => isOver)) return;
  }
  throw new Error('the work has no end');
});
