import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { failingFiles, type Operation } from '../fixtures/failing-files.ts';
import { type TestVolume, volumeIn } from '../fixtures/volumes.ts';

const content = seededBytes(8, 10_000);
const assetId = sha256(content);
let root: string;
let failWith: (operation: Operation, path: string) => string | undefined;
let one: TestVolume;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-medium-'));
  failWith = () => undefined;
  one = await volumeAgain();
  await one.volume.mount(false);
  await one.volume.publish(await partial(), assetId, 'sidecar');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** The same disk in an agent that has just started. */
const volumeAgain = () =>
  volumeIn(root, { files: failingFiles((operation, path) => failWith(operation, path)) });
const refuseWrites = () => {
  failWith = (operation) => (WRITING.has(operation) ? 'EROFS' : undefined);
};
const WRITING = new Set<Operation>(['create', 'remove', 'rename', 'write', 'sync', 'link']);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => error.code as string,
  );
async function partial(): Promise<string> {
  const { path, file } = await one.volume.createPartial();
  await file.write(content, 0).finally(() => file.close());
  return path;
}
async function readAll(): Promise<Buffer> {
  const file = await one.volume.openAsset(assetId);
  const buffer = Buffer.alloc(content.length);
  await file.read(buffer, 0).finally(() => file.close());
  return buffer;
}
const failReads = async () => {
  failWith = (operation, path) =>
    operation === 'readText' && path.includes('objects') ? 'EIO' : undefined;
  for (let index = 0; index < 5; index += 1)
    await codeOf(one.volume.readSidecar(sha256(Buffer.from([index]))));
  failWith = () => undefined;
};
const pull = async () => {
  await rename(one.disk.path, join(root, 'elsewhere'));
  await mkdir(one.disk.path);
};

test('a filesystem that was read-only before the start, with leftovers on it, is read all the same', async () => {
  await partial();
  one = await volumeAgain();
  refuseWrites();
  await one.volume.mount(true);
  expect(one.volume.state).toMatchObject({ state: 'read-only', reason: 'EROFS on write' });
  expect(await readAll()).toEqual(content);
});

test('a disk that comes back read-only is read again', async () => {
  await partial();
  await pull();
  await one.volume.look();
  await rm(one.disk.path, { recursive: true });
  await rename(join(root, 'elsewhere'), one.disk.path);
  refuseWrites();
  await one.volume.look();
  expect(one.volume.state.state).toBe('read-only');
  expect(one.news.at(-1)).toBe('returned');
  expect(await readAll()).toEqual(content);
});

test('the operator returns a read-only disk when it can be written again', async () => {
  const leftover = await partial();
  refuseWrites();
  await codeOf(one.volume.createPartial());
  expect(await codeOf(one.volume.reinstate())).toBe('disk-read-only');
  expect(one.volume.state).toMatchObject({ state: 'read-only', reason: 'EROFS on write' });
  failWith = () => undefined;
  await one.volume.look();
  expect(one.volume.state.state).toBe('read-only');
  await one.volume.reinstate();
  expect(one.volume.state.state).toBe('healthy');
  expect(one.news.at(-1)).toBe('returned');
  expect(await readdir(join(leftover, '..'))).toEqual([]);
  expect(await readAll()).toEqual(content);
});

test('the operator returns a failed disk whose medium is in its place, with what it holds', async () => {
  await failReads();
  expect(one.volume.state.state).toBe('failed');
  await one.volume.reinstate();
  expect(one.volume.state.state).toBe('healthy');
  expect(await readAll()).toEqual(content);
});

test('a failed disk that cannot be written after its return is read, and the operator is told', async () => {
  await failReads();
  refuseWrites();
  expect(await codeOf(one.volume.reinstate())).toBe('disk-read-only');
  expect(one.volume.state.state).toBe('read-only');
  expect(one.news.at(-1)).toBe('returned');
  expect(await readAll()).toEqual(content);
});

test('the return of a disk that is in use touches no transfer', async () => {
  const running = await partial();
  await one.volume.reinstate();
  await one.volume.publish(running, assetId, 'sidecar');
  expect(await readAll()).toEqual(content);
});

test('nothing but its own medium is returned, and nothing is touched', async () => {
  await pull();
  expect(await codeOf(one.volume.reinstate())).toBe('request-invalid');
  await writeFile(join(one.disk.path, 'thesis.txt'), 'do not lose');
  expect(await codeOf(one.volume.reinstate())).toBe('request-invalid');
  expect(await readdir(one.disk.path)).toEqual(['thesis.txt']);
});

test('who looks, replaces and replaces again at the same time takes one medium up once', async () => {
  await pull();
  await one.volume.look();
  const asked = [one.volume.replace(), one.volume.look(), one.volume.replace()];
  expect(await Promise.all(asked.map(codeOf))).toEqual(['done', 'done', 'request-invalid']);
  expect(one.volume.state.state).toBe('replaced');
  const marker = await readFile(join(one.disk.path, '.oca-disk'), 'utf8');
  await one.volume.look();
  expect(one.volume.state.state).toBe('replaced');
  expect(await readFile(join(one.disk.path, '.oca-disk'), 'utf8')).toBe(marker);
  expect(one.news.filter((news) => news === 'replaced')).toHaveLength(1);
});
