import { open, readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { seededBytes } from '../oca-agent/fixtures/bytes.ts';
import { Workspace } from './support/workspace.ts';

const content = seededBytes(1, 1_000_000);
let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace.clear());
afterAll(() => workspace.close());

const writeDurably = async (path: string) => {
  const file = await open(path, 'wx');
  await file.write(content);
  await file.sync().finally(() => file.close());
};

const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
};

/** The disks of these tests must fail as real ones do, or the tests of the store prove nothing. */
test.each(['xfs', 'ext4'] as const)(
  '%s: a power cut takes what was not flushed, and that alone',
  async (kind) => {
    const disk = await workspace.disk('disk', { kind, isVolatile: true });
    await writeDurably(join(disk.mountPoint, 'durable'));
    await writeFile(join(disk.mountPoint, 'unflushed'), content);
    await disk.powerCut();
    await disk.powerOn();
    expect((await readFile(join(disk.mountPoint, 'durable'))).equals(content)).toBe(true);
    await expect(readFile(join(disk.mountPoint, 'unflushed'))).rejects.toThrow('ENOENT');
  },
);

test.each(['xfs', 'ext4'] as const)('%s: reads fail while they are told to', async (kind) => {
  const disk = await workspace.disk('disk', { kind });
  const path = join(disk.mountPoint, 'file');
  await writeDurably(path);
  await disk.forget([path]);
  await disk.failReads(true);
  await expect(readFile(path)).rejects.toThrow('EIO');
  await disk.failReads(false);
  expect((await readFile(path)).equals(content)).toBe(true);
});

test.each([
  ['xfs', 'EIO'],
  ['ext4', content.length],
] as const)('%s: after a write that failed, a read gives %s', async (kind, outcome) => {
  const disk = await workspace.disk('disk', { kind });
  await writeDurably(join(disk.mountPoint, 'file'));
  await disk.failWrites(true);
  await expect(writeDurably(join(disk.mountPoint, 'other'))).rejects.toThrow(/EIO|EROFS/);
  await expect(syncFolder(disk.mountPoint)).rejects.toThrow(/EIO|EROFS/);
  await disk.failWrites(false);
  const reading = readFile(join(disk.mountPoint, 'file'));
  expect(
    await reading.then(
      (found) => found.length,
      (error) => error.code,
    ),
  ).toBe(outcome);
});

test('a disk that hangs answers when it hangs no more', async () => {
  const disk = await workspace.disk('disk');
  const path = join(disk.mountPoint, 'file');
  await writeDurably(path);
  await disk.forget([path]);
  disk.hang(true);
  let hasAnswered = false;
  const reading = readFile(path).finally(() => {
    hasAnswered = true;
  });
  await writeDurably(join(workspace.folder, 'beside'));
  expect(hasAnswered).toBe(false);
  disk.hang(false);
  expect((await reading).equals(content)).toBe(true);
});

test('a disk can be full, pulled, put back and replaced by a blank one', async () => {
  const disk = await workspace.disk('disk');
  const path = join(disk.mountPoint, 'file');
  await writeDurably(path);
  await disk.fillUp(100_000);
  await expect(writeDurably(join(disk.mountPoint, 'other'))).rejects.toThrow('ENOSPC');
  await disk.freeUp();
  await disk.pull();
  await expect(readFile(path)).rejects.toThrow('ENOENT');
  await disk.putBack();
  expect((await readFile(path)).equals(content)).toBe(true);
  await disk.replaceByBlank();
  await expect(readFile(path)).rejects.toThrow('ENOENT');
  const { bavail, bsize } = await statfs(disk.mountPoint);
  expect(bavail * bsize).toBeGreaterThan(100 * content.length);
});
