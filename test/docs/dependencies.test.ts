import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);

test('docs/dependencies.md names every package of package.json, and no other', async () => {
  const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as Record<
    string,
    object
  >;
  const declared = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((section) =>
    Object.keys(manifest[section] ?? {}),
  );
  const page = await readFile(new URL('docs/dependencies.md', root), 'utf8');
  const firstCells = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1] ?? '');
  const documented = firstCells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]),
  );
  expect(documented.toSorted()).toEqual(declared.toSorted());
});

test('every version is exact', async () => {
  const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as Record<
    string,
    object
  >;
  for (const section of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const version of Object.values(manifest[section] ?? {}))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test('the tests themselves run on Node 24, whatever the machine has', () => {
  expect(process.version).toMatch(/^v24\./);
});

test('the lockfile holds the optional packages of every platform, or npm ci would refuse it', async () => {
  const { packages } = JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const locked = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)),
  );
  const wanted = Object.entries(packages).flatMap(([path, entry]) =>
    path === '' ? [] : Object.keys(entry.optionalDependencies ?? {}),
  );
  expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
});
