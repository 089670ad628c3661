import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { openAgentState } from '../../oca-agent/control/agent-state.ts';
import { openSqlite } from '../../oca-agent/platform/database.ts';
import { Child } from './support/child.ts';
import { run } from './support/commands.ts';
import type { FilesystemKind } from './support/fault-disk.ts';
import { newSeed } from './support/seed.ts';
import { examine, openStoreAt, SOUND, type StorePlace } from './support/stores.ts';
import { Workspace } from './support/workspace.ts';

const ROUNDS = 40;
const ROUND_MAX_MS = 20_000;
/** When the power goes after the first transfer has begun. */
const CUT_AFTER_MAX_MS = 600;

const seed = newSeed('power cut');
let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace.clear());
afterAll(() => workspace.close());

/** One machine that takes in assets until its power is cut, and starts again. */
async function round(kind: FilesystemKind, roundSeed: number, isForgetful = false) {
  const random = seededRandom(roundSeed);
  const disk = await workspace.disk('disk', { kind, isVolatile: true });
  const place = {
    // The negative control must not be helped by the flushes of SQLite.
    stateDirectory: join(isForgetful ? workspace.folder : disk.mountPoint, 'state'),
    disks: [{ path: join(disk.mountPoint, 'store'), tier: 'flash' as const }],
    capacityBytes: 250_000_000,
  };
  await mkdir(join(disk.mountPoint, 'store'));
  if (isForgetful) await prepare(place);
  const child = new Child('keep-writing', { ...place, seed: roundSeed, isForgetful });
  await child.until('ready');
  if (isForgetful) await child.until('held', 50);
  else await delay(CUT_AFTER_MAX_MS * random.next());
  await disk.powerCut();
  await child.kill();
  await disk.powerOn();
  const { store } = await openStoreAt(place);
  const acknowledged = child.said('held') as AssetId[];
  const findings = await examine(store, place, acknowledged);
  await store.close();
  const planVersion = isForgetful ? 0 : planVersionIn(place.stateDirectory);
  await workspace.clear();
  return { acknowledged, findings, planVersion, lastPlan: Number(child.said('plan').at(-1) ?? 0) };
}

/** The disk has been in use for long: what is new may be lost, and no more. */
async function prepare(place: StorePlace): Promise<void> {
  const { store } = await openStoreAt(place);
  await store.close();
  for (const { path } of place.disks) await run('sync', '--file-system', path);
}

function planVersionIn(stateDirectory: string): number {
  const state = openAgentState(openSqlite(join(stateDirectory, 'state.db'), 'ledger'));
  const planVersion = state.planVersion.read() ?? 0;
  state.close();
  return planVersion;
}

test.each(['xfs', 'ext4'] as const)(
  `%s: of ${ROUNDS} power cuts none takes an acknowledged asset or plan, or leaves a wrong byte`,
  async (kind) => {
    let acknowledged = 0;
    for (let index = 0; index < ROUNDS; index += 1) {
      const result = await round(kind, seed + index);
      expect([index, result.findings]).toEqual([index, SOUND]);
      expect(result.planVersion).toBeGreaterThanOrEqual(result.lastPlan);
      acknowledged += result.acknowledged.length;
    }
    expect(acknowledged).toBeGreaterThan(ROUNDS);
  },
  ROUNDS * ROUND_MAX_MS,
);

test.each(['xfs', 'ext4'] as const)(
  '%s: without the flushes the same cut does lose what was acknowledged',
  async (kind) => {
    const { acknowledged, findings } = await round(kind, seed, true);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(findings.lost.length).toBeGreaterThan(0);
  },
);
