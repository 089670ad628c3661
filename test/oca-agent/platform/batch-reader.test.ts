import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { errnoOf, nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-batch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const names = Array.from({ length: 300 }, (_, index) => `${index}.json`);
const readTexts = async (texts: readonly string[]) =>
  (await nodeFileSystem.readBatch(folder, { texts, sizes: [] })).texts;
const textOf = (name: string) => `{"name":"${name}","what":"Ü"}`;
const write = () => Promise.all(names.map((name) => writeFile(join(folder, name), textOf(name))));

test('many files are read at once, in the order of their names; what is not there is undefined', async () => {
  await write();
  const asked = ['none.json', ...names.toReversed(), 'neither.json'];
  const expected = [undefined, ...names.toReversed().map(textOf), undefined];
  expect(await readTexts(asked)).toEqual(expected);
  const sizes = expected.map((text) => (text === undefined ? undefined : Buffer.byteLength(text)));
  const found = await nodeFileSystem.readBatch(folder, { texts: [], sizes: asked });
  expect(found).toEqual({ texts: [], sizes });
});

test('more batches than threads are all answered, each with its own', async () => {
  await write();
  const batches = Array.from({ length: 20 }, (_, index) =>
    names.slice(10 * index, 10 * index + 10),
  );
  const answers = await Promise.all(batches.map((batch) => readTexts(batch)));
  expect(answers).toEqual(batches.map((batch) => batch.map(textOf)));
});

test('what the system says of one file fails its batch, by name, and no other', async () => {
  await write();
  await mkdir(join(folder, 'folder.json'));
  const failed = readTexts(['0.json', 'folder.json']);
  const whole = readTexts(['0.json']);
  expect(errnoOf(await failed.catch((error: unknown) => error))).toBe('EISDIR');
  expect(await whole).toEqual([textOf('0.json')]);
});

test('a disk that hangs in one batch holds up no other batch', async () => {
  await write();
  const pipe = join(folder, 'hangs.json');
  await promisify(execFile)('mkfifo', [pipe]);
  // To open a pipe takes as long as nobody opens its other end.
  const hanging = readTexts(['hangs.json']);
  const others = Array.from({ length: 20 }, () => readTexts(names));
  const answers = await Promise.all(others);
  expect(answers).toEqual(answers.map(() => names.map(textOf)));
  await writeFile(pipe, 'goes on');
  expect(await hanging).toEqual(['goes on']);
});

test('batches that wait for a disk that hangs hold up no other, however many they are', async () => {
  await write();
  const pipes = Array.from({ length: 6 }, (_, index) => join(folder, `pipe-${index}`));
  await promisify(execFile)('mkfifo', pipes);
  const waiting = pipes.map((_, index) => readTexts([`pipe-${index}`]));
  const others = names.slice(0, 20).map((name) => readTexts([name]));
  expect((await Promise.all(others)).flat()).toEqual(names.slice(0, 20).map(textOf));
  for (const pipe of pipes) await writeFile(pipe, 'at last');
  expect((await Promise.all(waiting)).flat()).toEqual(pipes.map(() => 'at last'));
});
