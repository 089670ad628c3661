import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { bytes } from '#domain/units.ts';
import {
  examineDiskHealth,
  examineDisks,
  examineThreads,
} from '../../../oca-agent/cli/examine-disks.ts';
import type { AgentConfig } from '../../../oca-agent/config/agent-config.ts';
import { type FileSystem, nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { nodePlatform } from '../../../oca-agent/platform/node-platform.ts';
import type { DiskSettings } from '../../../oca-agent/store/volume.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';
import { until } from '../fixtures/until.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-doctor-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const disk = (name: string, capacityBytes = 1): DiskSettings => ({
  diskId: name as DiskId,
  tier: 'hdd',
  path: join(root, name),
  capacityBytes: bytes(capacityBytes),
});
const configOf = (disks: readonly DiskSettings[], changes: object = {}) =>
  ({ disks, requireMountPoints: false, ...changes }) as unknown as AgentConfig;
const folder = async (name: string, files: Record<string, string> = {}) => {
  await mkdir(join(root, name));
  for (const [file, text] of Object.entries(files)) await writeFile(join(root, name, file), text);
};

test('each disk is judged as the start would, and nothing is changed', async () => {
  await folder('new');
  await folder('ours', { '.oca-disk': '{"version":2,"diskId":"ours","diskUuid":"u"}' });
  await folder('other', { '.oca-disk': '{"version":2,"diskId":"else","diskUuid":"u"}' });
  await folder('newer', { '.oca-disk': '{"version":9,"diskId":"newer"}' });
  await folder('used', { 'thesis.txt': '' });
  await folder('small');
  const disks = ['new', 'ours', 'other', 'newer', 'used', 'gone'].map((name) => disk(name));
  const before = await readdir(root, { recursive: true });
  const config = configOf([...disks, disk('small', Number.MAX_SAFE_INTEGER)]);
  expect(await examineDisks(config, nodePlatform())).toMatchObject([
    { check: 'disk new', verdict: 'ok', detail: expect.stringMatching(/: new, \d+ bytes free$/) },
    { check: 'disk ours', verdict: 'ok', detail: expect.stringContaining(': in use, ') },
    { verdict: 'fault', detail: expect.stringContaining('its marker names disk else') },
    { verdict: 'fault', detail: expect.stringContaining('newer version: 9') },
    { verdict: 'fault', detail: expect.stringContaining('not empty: thesis.txt') },
    { verdict: 'fault', detail: expect.stringContaining('the folder is missing') },
    { verdict: 'warning', detail: expect.stringContaining('declared bytes are free') },
  ]);
  expect(await readdir(root, { recursive: true })).toEqual(before);
});

test('a folder that is no mount point is a fault where mount points are required', async () => {
  await folder('new');
  const config = configOf([disk('new')], { requireMountPoints: true });
  expect(await examineDisks(config, nodePlatform())).toMatchObject([
    { verdict: 'fault', detail: expect.stringContaining('not mounted') },
  ]);
});

test('a disk that does not answer is a fault, and the others are judged all the same', async () => {
  await folder('new');
  const clock = new ManualClock();
  const stat: FileSystem['stat'] = (path) =>
    path.includes('hung') ? new Promise(() => undefined) : nodeFileSystem.stat(path);
  const platform = { ...nodePlatform(), clock, fileSystem: { ...nodeFileSystem, stat } };
  const config = configOf([disk('hung'), disk('new')], { requireMountPoints: true });
  const examined = examineDisks(config, platform);
  // First every disk by itself, then all of them together; the one that hangs is waited for each time.
  for (let step = 0; step < 2; step += 1) {
    await until(() => clock.sleepers === 1, 'the other to answer');
    await clock.advance(15_000);
  }
  expect(await examined).toMatchObject([
    {
      check: 'disk hung',
      verdict: 'fault',
      detail: expect.stringMatching(/: it does not answer$/),
    },
    { check: 'disk new', verdict: 'fault', detail: expect.stringContaining('not mounted') },
  ]);
});

test('too few file threads for the disks are a warning with both numbers', () => {
  const config = configOf(Array.from({ length: 12 }, (_, index) => disk(`hdd-${index}`)));
  expect(examineThreads(config, nodePlatform(76))).toMatchObject({ verdict: 'ok' });
  expect(examineThreads(config, nodePlatform(75))).toEqual({
    check: 'file threads',
    verdict: 'warning',
    detail: 'UV_THREADPOOL_SIZE is 75, these disks need 76',
  });
  expect(examineThreads(config, nodePlatform())).toMatchObject({ verdict: 'warning' });
});

test('the account of the disks’ health is looked for, at its age and at whom it leaves out', async () => {
  const diskHealthFile = join(root, 'health.json');
  const config = configOf([disk('one'), disk('two')], { diskHealthFile });
  const verdict = async (text?: string) => {
    if (text !== undefined) await writeFile(diskHealthFile, text);
    const [finding] = await examineDiskHealth(config, nodePlatform());
    return `${finding?.verdict} ${finding?.detail.replace(`${diskHealthFile}: `, '')}`;
  };
  const account = (names: readonly string[], writtenAt: number) =>
    JSON.stringify({
      version: 1,
      writtenAt,
      disks: names.map((name) => ({ path: join(root, name) })),
    });
  const nowSeconds = Math.floor(Date.now() / 1000);
  expect(await examineDiskHealth(configOf([disk('one')]), nodePlatform())).toEqual([]);
  expect(await verdict()).toMatch(/^warning missing/);
  expect(await verdict('garbage')).toMatch(/^warning missing, or not what oca-health writes/);
  expect(await verdict(account(['one', 'two'], nowSeconds - 3601))).toMatch(
    /more than an hour ago/,
  );
  expect(await verdict(account(['one'], nowSeconds))).toBe('warning nothing of two');
  expect(await verdict(account(['one', 'two'], nowSeconds))).toBe('ok 2 disks');
});
