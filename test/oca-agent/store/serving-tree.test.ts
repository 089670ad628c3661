import { lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import {
  type AssetName,
  DOUBTED_AT,
  type HeldAsset,
  type NamedAsset,
} from '../../../oca-agent/store/asset.ts';
import { ServingTree } from '../../../oca-agent/store/serving-tree.ts';
import { failingFiles } from '../fixtures/failing-files.ts';

let folder: string;
let root: string;
/** What the index would say: by `<titleId>/<file>`. */
const named = new Map<string, NamedAsset>();
const logged: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-tree-'));
  root = join(folder, 'tree');
  named.clear();
  logged.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const asset = (assetId: string, diskId = 'hdd-1'): HeldAsset => ({
  assetId: assetId as AssetId,
  diskId: diskId as DiskId,
  tier: 'hdd',
  sizeBytes: bytes(1),
  slot: 0,
});
const name = (titleId: string, file: string): AssetName => ({
  titleId: titleId as TitleId,
  file,
  etag: '"e"',
  contentType: 'video/mp4',
  fetchedAt: epochMs(1),
});
/** Lets a name mean an asset in the index. */
function put(titleId: string, file: string, held: HeldAsset): void {
  named.set(`${titleId}/${file}`, { ...held, ...name(titleId, file), isPlanned: false });
}

const tree = (files = nodeFileSystem) =>
  new ServingTree({
    folder: root,
    names: {
      find: (titleId, file) => named.get(`${titleId}/${file}`),
      assets: () => named.values(),
      namesOf: (assetId) => [...named.values()].filter((held) => held.assetId === assetId),
    },
    pathOf: ({ diskId, assetId }) =>
      diskId === 'gone' ? undefined : `/disks/${diskId}/${assetId}`,
    files,
    log: (event) => logged.push(event),
  });
const target = (path: string) => readlink(join(root, path));
const { signal } = new AbortController();

test('a name leads to the place of its asset, also in folders, and follows a move', async () => {
  const serving = tree();
  put('film-1', 'video/1080p.mp4', asset('a'));
  await serving.placed(asset('a'), [name('film-1', 'video/1080p.mp4')]);
  expect(await target('film-1/video/1080p.mp4')).toBe('/disks/hdd-1/a');
  put('film-1', 'video/1080p.mp4', asset('a', 'flash-1'));
  await serving.placed(asset('a', 'flash-1'), [name('film-1', 'video/1080p.mp4')]);
  expect(await target('film-1/video/1080p.mp4')).toBe('/disks/flash-1/a');
  expect(await readdir(join(root, '.unfinished'))).toEqual([]);
});

test('there is a link at every moment while it is replaced', async () => {
  const removed: string[] = [];
  const serving = tree(
    failingFiles((operation, path) => {
      if (operation === 'remove') removed.push(path);
      return undefined;
    }),
  );
  for (const disk of ['hdd-1', 'flash-1']) {
    put('film-1', 'a.mp4', asset('a', disk));
    await serving.placed(asset('a', disk), [name('film-1', 'a.mp4')]);
  }
  expect(removed).toEqual([]);
});

test('a name that means nothing any more has no link, and leaves no empty folder behind', async () => {
  const serving = tree();
  put('film-1', 'video/a.mp4', asset('a'));
  put('film-1', 'b.mp4', asset('b'));
  await serving.placed(asset('a'), [name('film-1', 'video/a.mp4')]);
  await serving.placed(asset('b'), [name('film-1', 'b.mp4')]);
  named.delete('film-1/video/a.mp4');
  await serving.withdrawn([name('film-1', 'video/a.mp4')]);
  expect(await readdir(join(root, 'film-1'))).toEqual(['b.mp4']);
  named.delete('film-1/b.mp4');
  await serving.withdrawn([name('film-1', 'b.mp4')]);
  expect(await readdir(root)).toEqual(['.unfinished']);
});

test('what is told late says what the index says by then', async () => {
  const serving = tree();
  put('film-1', 'a.mp4', asset('new'));
  await serving.placed(asset('old'), [name('film-1', 'a.mp4')]);
  await serving.withdrawn([name('film-1', 'a.mp4')]);
  expect(await target('film-1/a.mp4')).toBe('/disks/hdd-1/new');
});

test('an asset whose disk does not give it out has no link', async () => {
  const serving = tree();
  put('film-1', 'a.mp4', asset('a', 'gone'));
  await serving.placed(asset('a', 'gone'), [name('film-1', 'a.mp4')]);
  await expect(lstat(join(root, 'film-1', 'a.mp4'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a start finds what is missing, wrong or left over, and touches no file of others', async () => {
  await mkdir(join(root, 'film-1', 'old'), { recursive: true });
  await mkdir(join(root, '.unfinished'));
  await symlink('/disks/hdd-9/stale', join(root, 'film-1', 'a.mp4'));
  await symlink('/disks/hdd-9/stale', join(root, 'film-1', 'old', 'b.mp4'));
  await symlink('/disks/hdd-9/stale', join(root, '.unfinished', 'x'));
  await writeFile(join(root, 'film-1', 'notes.txt'), 'of the operator');
  put('film-1', 'a.mp4', asset('a'));
  put('film-2', 'c.mp4', asset('c'));
  await tree().reconcile(signal);
  expect(await target('film-1/a.mp4')).toBe('/disks/hdd-1/a');
  expect(await target('film-2/c.mp4')).toBe('/disks/hdd-1/c');
  expect((await readdir(join(root, 'film-1'))).sort()).toEqual(['a.mp4', 'notes.txt']);
  expect(await readdir(join(root, '.unfinished'))).toEqual([]);
  expect(logged).toEqual(['store.tree.reconciled']);
});

test('whatever fails in the tree fails there alone, and a later change mends it', async () => {
  let isBroken = true;
  const serving = tree(
    failingFiles((operation) => (isBroken && operation === 'link' ? 'EROFS' : undefined)),
  );
  put('film-1', 'a.mp4', asset('a'));
  await serving.placed(asset('a'), [name('film-1', 'a.mp4')]);
  expect(logged).toEqual(['store.tree.failed']);
  isBroken = false;
  await serving.placed(asset('a'), [name('film-1', 'a.mp4')]);
  expect(await target('film-1/a.mp4')).toBe('/disks/hdd-1/a');
});

test('a name that must be confirmed first has no link, until it is', async () => {
  const serving = tree();
  put('film-1', 'a.mp4', asset('a'));
  const held = named.get('film-1/a.mp4') as NamedAsset;
  named.set('film-1/a.mp4', { ...held, fetchedAt: DOUBTED_AT });
  await serving.placed(asset('a'), [name('film-1', 'a.mp4')]);
  await expect(target('film-1/a.mp4')).rejects.toThrow('ENOENT');
  named.set('film-1/a.mp4', held);
  await serving.placed(asset('a'), [name('film-1', 'a.mp4')]);
  expect(await target('film-1/a.mp4')).toBe('/disks/hdd-1/a');
});

test('a name inside another name cannot have a link, and both go on', async () => {
  const serving = tree();
  put('film-1', 'a.mp4', asset('a'));
  put('film-1', 'a.mp4/b.mp4', asset('b'));
  await serving.placed(asset('a'), [name('film-1', 'a.mp4')]);
  await serving.placed(asset('b'), [name('film-1', 'a.mp4/b.mp4')]);
  expect(await target('film-1/a.mp4')).toBe('/disks/hdd-1/a');
  expect(logged).toEqual(['store.tree.failed']);
});
