import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keptBuild } from '../../lib/kept-build.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'distributary-kept-'));
  write('entry.js', "export { word } from './word.js';");
  write('word.js', "export const word = 'first';");
});

afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const keptIn = () => join(folder, 'kept');
const keptFile = () => join(keptIn(), readdirSync(keptIn())[0] ?? '');

const built = (define: Record<string, string> = {}): string => {
  const options = {
    outdir: folder,
    bundle: true,
    format: 'cjs',
    define,
    logLevel: 'silent',
  } as const;
  const [file] = keptBuild({ ...options, entryPoints: [join(folder, 'entry.js')] }, keptIn());
  return Buffer.from(file?.contents ?? []).toString();
};

/** Puts a mark into what is kept, so that a build that comes from there shows. */
const markKept = () => {
  const kept = JSON.parse(readFileSync(keptFile(), 'utf8'));
  kept.outputs[0].contents = Buffer.from('kept').toString('base64');
  writeFileSync(keptFile(), JSON.stringify(kept));
};

test('what was built from the same inputs is not built again', () => {
  expect(built()).toContain('first');
  markKept();
  expect(built()).toBe('kept');
});

test('a change in any file that went into it builds again', () => {
  built();
  markKept();
  write('word.js', "export const word = 'second';");
  expect(built()).toContain('second');
});

test('other options are another build, also where only a built-in value differs', () => {
  write('word.js', 'export const word = __WORD__;');
  expect(built({ __WORD__: '"one"' })).toContain('one');
  expect(built({ __WORD__: '"two"' })).toContain('two');
});

test('a kept build that is cut short is built again', () => {
  built();
  writeFileSync(keptFile(), readFileSync(keptFile()).subarray(0, 40));
  expect(built()).toContain('first');
});

test('a build that fails is not kept', () => {
  write('word.js', 'export const = ');
  expect(() => built()).toThrow();
  write('word.js', "export const word = 'mended';");
  expect(built()).toContain('mended');
});
