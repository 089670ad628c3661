import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { inspectDisks } from '../../../oca-agent/disks/inspect-disks.ts';
import {
  type FileStatus,
  type FileSystem,
  nodeFileSystem,
} from '../../../oca-agent/platform/file-system.ts';
import { systemClock } from '../../../oca-agent/platform/node-platform.ts';
import { ManualClock, settled } from '../fixtures/manual-clock.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-inspect-'));
  for (const id of ['hdd-1', 'hdd-2']) await mkdir(join(root, id));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const disk = (diskId: string) => ({ diskId: diskId as DiskId, path: join(root, diskId) });
const both = () => [disk('hdd-1'), disk('hdd-2')];
const mark = (diskId: string, marker: object) =>
  writeFile(join(root, diskId, '.oca-disk'), JSON.stringify(marker));

/** The real files, but for the filesystem that each folder is said to be on. */
const mountedAs = (devices: Record<string, number>): FileSystem => ({
  ...nodeFileSystem,
  async stat(path): Promise<FileStatus | undefined> {
    const status = await nodeFileSystem.stat(path);
    const [, name = ''] = new RegExp(`^${root}/([^/]+)$`).exec(path) ?? [];
    return status && { ...status, device: devices[name] ?? status.device };
  },
});

async function inspected({
  files = nodeFileSystem,
  requireMountPoints = false,
  known = [] as string[],
  disks = both(),
} = {}): Promise<{ code: string; message: string } | 'accepted'> {
  const knownDiskIds = new Set(known as DiskId[]);
  const before = await contents();
  const options = { requireMountPoints, knownDiskIds, clock: systemClock };
  try {
    await inspectDisks(files, disks, options);
    return 'accepted';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  } finally {
    expect(await contents()).toEqual(before);
  }
}
const contents = () => readdir(root, { recursive: true });

test('blank disks and our own are accepted', async () => {
  await mark('hdd-1', { version: 2, diskId: 'hdd-1', diskUuid: 'u' });
  expect(await inspected()).toBe('accepted');
});

test('every disk that must not be used is told, and nothing is touched', async () => {
  await mark('hdd-1', { version: 2, diskId: 'hdd-9', diskUuid: 'u' });
  await mark('hdd-2', { version: 3, diskId: 'hdd-2', diskUuid: 'u' });
  expect(await inspected()).toMatchObject({
    code: 'disk-foreign',
    message: expect.stringMatching(/disk hdd-1.*names disk hdd-9.*; disk hdd-2.*newer version: 3/),
  });
  expect(await inspected({ disks: [disk('hdd-2')] })).toMatchObject({ code: 'store-newer' });
});

test('a folder with somebody else’s files is refused', async () => {
  await writeFile(join(root, 'hdd-2', 'thesis.txt'), '');
  expect(await inspected()).toMatchObject({ code: 'disk-foreign' });
});

test('a disk that is not there is refused at first, and done without once it was in use', async () => {
  await rm(join(root, 'hdd-2'), { recursive: true });
  expect(await inspected()).toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining('the folder is missing'),
  });
  expect(await inspected({ known: ['hdd-2'] })).toBe('accepted');
});

test('a folder that is no mount point is refused at first, and done without once it was in use', async () => {
  const options = { requireMountPoints: true, files: mountedAs({ 'hdd-1': 901 }) };
  expect(await inspected(options)).toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(/^disk hdd-2, .*not mounted$/),
  });
  expect(await inspected({ ...options, known: ['hdd-2'] })).toBe('accepted');
});

test('two disks on one filesystem are refused', async () => {
  const files = mountedAs({ 'hdd-1': 901, 'hdd-2': 901 });
  expect(await inspected({ requireMountPoints: true, files })).toMatchObject({
    code: 'config-invalid',
    message: 'disks hdd-1 and hdd-2 are on one filesystem',
  });
  expect(await inspected({ files })).toBe('accepted');
});

test('a folder that the agent may not read is refused, a disk that fails is not', async () => {
  const failing = (code: string): FileSystem => ({
    ...nodeFileSystem,
    readText: () => Promise.reject(Object.assign(new Error(code), { code, syscall: 'open' })),
  });
  expect(await inspected({ files: failing('EACCES') })).toMatchObject({
    code: 'folder-unwritable',
  });
  expect(await inspected({ files: failing('EIO') })).toBe('accepted');
});

test.each([false, true])(
  'a disk that does not answer holds the start up for 15 s and no longer, mount points required: %s',
  async (requireMountPoints) => {
    const clock = new ManualClock();
    const files = { ...nodeFileSystem, stat: () => new Promise<undefined>(() => undefined) };
    let isOver = false;
    const options = { requireMountPoints, knownDiskIds: new Set<DiskId>(), clock };
    const inspection = inspectDisks(files, both(), options).then(() => {
      isOver = true;
    });
    await clock.advance(14_000);
    expect(isOver).toBe(false);
    await clock.advance(1000);
    await settled();
    expect(isOver).toBe(true);
    await inspection;
  },
);
