import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { invariant } from '#domain/invariant.ts';
import { GENERATED, keptBuild } from './kept-build.ts';

export interface BundleOptions {
  /** The Node.js of the function's runtime. */
  readonly target: 'node22' | 'node24';
  /** Identifiers that the bundler replaces, each by the JSON of its value. */
  readonly define?: Readonly<Record<string, unknown>>;
}

export interface Bundle {
  /** Holds `index.js` (CommonJS, exports `handler`) and a `package.json` that says so. */
  readonly folder: string;
  readonly sizeBytes: number;
}

/** What this process has bundled: six regions run the same playback function. */
const made = new Map<string, ReadonlyMap<string, Bundle>>();

/**
 * Bundles each `lambda/<name>/handler.ts` with all that it imports. In one pass, because they import much the same, and
 * in process: twice as fast as one by one.
 */
export function bundleFunctions<Name extends string>(
  names: readonly Name[],
  options: BundleOptions,
): (name: Name) => Bundle {
  const key = JSON.stringify([names, options]);
  const bundles = made.get(key) ?? new Map(build(names, options));
  made.set(key, bundles);
  return (name) => {
    const bundle = bundles.get(name);
    invariant(bundle, `${name} was bundled`);
    return bundle;
  };
}

function build(
  names: readonly string[],
  { target, define = {} }: BundleOptions,
): (readonly [string, Bundle])[] {
  const files = keptBuild({
    entryPoints: names.map((name) => ({ in: `lambda/${name}/handler.ts`, out: name })),
    outdir: 'bundles',
    bundle: true,
    platform: 'node',
    // Packages' ES modules rather than their CommonJS: unused parts fall away, a third of the AWS SDK.
    mainFields: ['module', 'main'],
    format: 'cjs',
    target,
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    define: Object.fromEntries(
      Object.entries(define).map(([identifier, value]) => [identifier, JSON.stringify(value)]),
    ),
  });
  return files.map(({ path, contents }) => {
    const name = basename(path, '.js');
    return [name, store(name, contents)] as const;
  });
}

function store(name: string, code: Uint8Array): Bundle {
  const folder = storeFolder(name, [
    ['index.js', code],
    ['package.json', '{"type":"commonjs"}\n'],
  ]);
  return { folder, sizeBytes: code.byteLength };
}

/**
 * A folder with these files, named after their content, so that it is the same in any checkout and several processes may
 * make it at once.
 */
export function storeFolder(
  name: string,
  files: readonly (readonly [name: string, content: string | Uint8Array])[],
): string {
  const hash = createHash('sha256');
  for (const [file, content] of files) hash.update(`${file}\n`).update(content);
  const folder = join(GENERATED, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(GENERATED, { recursive: true });
  const aside = mkdtempSync(join(GENERATED, '.writing-'));
  for (const [file, content] of files) writeFileSync(join(aside, file), content);
  try {
    renameSync(aside, folder);
  } catch (cause) {
    rmSync(aside, { recursive: true });
    // Another process was first, with the same content.
    if (!existsSync(folder)) throw cause;
  }
  return folder;
}
