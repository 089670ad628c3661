import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildConsole } from '../../console/build.ts';

let folder = '';
let page = '';
let assets: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'));
  await buildConsole(folder);
  page = await readFile(join(folder, 'index.html'), 'utf8');
  assets = await readdir(join(folder, 'assets'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('every file that the page names exists, relative to it', () => {
  const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  expect(named).toHaveLength(4);
  const existing = assets.map((name) => `assets/${name}`);
  for (const path of named) expect(existing).toContain(path);
});

test('nothing in the page is inline or from another host', () => {
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/);
  expect(page).not.toMatch(/<style|\son\w+=|style=|https?:/);
});

test('every asset carries its content’s hash, so that it can be kept for ever', () => {
  for (const name of assets) expect(name).toMatch(/-[A-Z0-9]{8}\.(js|css|svg|js\.LEGAL\.txt)$/);
});

test('the player libraries are files of their own, and the page is small without them', async () => {
  const sizeOf = async (prefix: string) =>
    (await readFile(join(folder, 'assets', assets.find((name) => name.startsWith(prefix)) ?? '')))
      .length;
  expect(await sizeOf('console-')).toBeLessThan(80_000);
  for (const library of ['dash-host', 'hls-host', 'shaka-host']) {
    expect(await sizeOf(library)).toBeGreaterThan(400_000);
  }
});
