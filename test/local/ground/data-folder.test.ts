import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDataFolder } from '../../../local/ground/data-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder that cannot be written is refused by a line that names it', () => {
  writeFileSync(join(folder, 'file'), '');
  const inside = join(folder, 'file', 'data');
  expect(() => openDataFolder(inside)).toThrow(
    expect.objectContaining({
      code: 'folder-unwritable',
      message: expect.stringContaining(inside),
    }),
  );
});

test('a filesystem that takes no new folders is refused, too, and at once', () => {
  // Linux has /proc; elsewhere it does not exist and cannot be made by an ordinary user.
  expect(() => openDataFolder('/proc/distributary/data')).toThrow(
    expect.objectContaining({ code: 'folder-unwritable' }),
  );
});

test('a folder that the user named is made and stays', () => {
  const named = join(folder, 'deep', 'data');
  const data = openDataFolder(named);
  data.remove();
  expect(existsSync(named)).toBe(true);
});

test('a folder that nobody named is gone after the run', () => {
  const data = openDataFolder(undefined);
  expect(existsSync(data.path)).toBe(true);
  data.remove();
  expect(existsSync(data.path)).toBe(false);
});
