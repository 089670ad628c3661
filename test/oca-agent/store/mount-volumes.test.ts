import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { bytes } from '#domain/units.ts';
import { nodePlatform } from '../../../oca-agent/platform/node-platform.ts';
import { mountVolumes } from '../../../oca-agent/store/mount-volumes.ts';
import type { DiskSettings, Volume } from '../../../oca-agent/store/volume.ts';

let root: string;
let disks: DiskSettings[];
let told: unknown[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-mount-'));
  told = [];
  disks = ['hdd-1', 'hdd-2'].map((name) => ({
    ...{ diskId: name as DiskId, tier: 'hdd', path: join(root, name), capacityBytes: bytes(1e9) },
  }));
  for (const { path } of disks) await mkdir(path);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const mounted = (known: readonly string[] = []) => {
  const tell = (news: string) => (volume: Volume) => told.push([news, volume.disk.diskId]);
  return mountVolumes(
    {
      platform: nodePlatform(),
      disks,
      knownDiskIds: new Set(known as DiskId[]),
      log: (event, facts) => told.push([event, facts?.diskId, facts?.state]),
    },
    {
      onFailure: tell('failure'),
      onReturned: tell('return'),
      onReplaced: tell('replacement'),
    },
  );
};

test('one disk that must not be used keeps every other one untouched', async () => {
  await writeFile(join(root, 'hdd-2', '.oca-disk'), '{"version":3,"diskId":"hdd-2"}');
  await expect(mounted()).rejects.toMatchObject({ code: 'store-newer' });
  expect(await readdir(join(root, 'hdd-1'))).toEqual([]);
});

test('a disk that was in use and has gone is failed, and the others are in use', async () => {
  await rm(join(root, 'hdd-2'), { recursive: true });
  const volumes = await mounted(['hdd-1', 'hdd-2']);
  // hdd-1 was in use too, and is blank now: that is for the operator to say.
  expect([...volumes.values()].map(({ failure }) => failure)).toEqual([
    expect.stringMatching(/^blank disk mounted/),
    'pulled or unmounted: the folder is missing',
  ]);
  expect((await mounted(['hdd-2'])).get('hdd-1' as DiskId)?.state.state).toBe('healthy');
});

test('what happens to a disk is logged and told', async () => {
  const volume = (await mounted()).get('hdd-1' as DiskId);
  const { path = '' } = disks[0] ?? {};
  await rename(path, `${path}-away`);
  await volume?.look();
  await mkdir(path);
  await volume?.replace();
  await rm(path, { recursive: true });
  await rename(`${path}-away`, path);
  await volume?.look();
  expect(told).toEqual([
    ['store.disk.failed', 'hdd-1', undefined],
    ['failure', 'hdd-1'],
    ['store.disk.state', 'hdd-1', 'failed'],
    ['store.disk.state', 'hdd-1', 'failed'],
    ['store.disk.state', 'hdd-1', 'replaced'],
    ['store.disk.replaced', 'hdd-1', undefined],
    ['replacement', 'hdd-1'],
    ['store.disk.state', 'hdd-1', 'healthy'],
    ['store.disk.returned', 'hdd-1', undefined],
    ['return', 'hdd-1'],
  ]);
});
