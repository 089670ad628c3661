import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Folders of the tests of failures begin with this and the id of their process. */
export const FOLDER_PREFIX = 'distributary-faults-';
const PROGRAMS = join(import.meta.dirname, '..', 'programs');
const fileByProgram = new Map<string, string>();
let folder: string | undefined;

/** A program of `programs/` in one file, made when it is first asked for: it starts four times as fast as its sources. */
export function programFile(program: string): string {
  const known = fileByProgram.get(program);
  if (known !== undefined) return known;
  folder ??= mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-programs-`));
  const outfile = join(folder, `${program}.mjs`);
  buildSync({
    entryPoints: [join(PROGRAMS, `${program}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
  });
  fileByProgram.set(program, outfile);
  return outfile;
}

export async function removeProgramFiles(): Promise<void> {
  fileByProgram.clear();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  folder = undefined;
}
