import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync, version as bundlerVersion } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What this project generates for itself; not in git, and safe to delete at any time. */
export const GENERATED = join(ROOT, '.build');
const KEPT = join(GENERATED, 'kept');
/** Files that say how imports resolve, beside those that are imported. */
const RESOLUTION_FILES = ['package.json', 'package-lock.json', 'tsconfig.json'];

export interface BuiltFile {
  readonly path: string;
  readonly contents: Uint8Array;
}

/** A build that was done before: valid while every file that went into it reads the same. */
interface KeptBuild {
  readonly digestByInput: Readonly<Record<string, string>>;
  /** Contents in base64. */
  readonly outputs: readonly { readonly path: string; readonly contents: string }[];
}

/**
 * What esbuild makes of `options`, from the last time where nothing that went into it has changed: bundling takes three
 * seconds of a synthesis, reading its inputs again a tenth of one.
 */
export function keptBuild(options: BuildOptions, keptIn: string = KEPT): readonly BuiltFile[] {
  const file = join(keptIn, `${digestOf(JSON.stringify([bundlerVersion, options]))}.json`);
  const kept = readKept(file);
  if (kept) return kept;
  const { outputFiles = [], metafile } = buildSync({
    ...options,
    absWorkingDir: ROOT,
    write: false,
    metafile: true,
  });
  keep(file, {
    digestByInput: digests([
      ...Object.keys(metafile?.inputs ?? {}).filter(isFile),
      ...RESOLUTION_FILES,
    ]),
    outputs: outputFiles.map(({ path, contents }) => ({
      path: relative(ROOT, path),
      contents: Buffer.from(contents).toString('base64'),
    })),
  });
  return outputFiles.map(({ path, contents }) => ({ path: relative(ROOT, path), contents }));
}

function readKept(file: string): readonly BuiltFile[] | undefined {
  try {
    const { digestByInput, outputs } = JSON.parse(readFileSync(file, 'utf8')) as KeptBuild;
    const now = digests(Object.keys(digestByInput));
    const isValid = Object.entries(digestByInput).every(([input, digest]) => now[input] === digest);
    if (!isValid) return undefined;
    return outputs.map(({ path, contents }) => ({
      path,
      contents: Buffer.from(contents, 'base64'),
    }));
  } catch {
    // Not there, cut short, or one of its inputs is gone: build.
    return undefined;
  }
}

/** Written aside and renamed, because several processes may do it at once. */
function keep(file: string, kept: KeptBuild): void {
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(kept));
  renameSync(aside, file);
}

/** Not `<define:NAME>`, whose text stands in the options, nor `(disabled):path`, which counts as empty. */
const isFile = (input: string): boolean => !/^[<(]/.test(input);

const digests = (inputs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    inputs.map((input) => [input, digestOf(readFileSync(join(ROOT, input)))] as const),
  );

const digestOf = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');
