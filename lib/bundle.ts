import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { invariant } from '#domain/invariant.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUNDLES = join(ROOT, '.build');

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
 * in process: twice as fast as one by one. Folders are named after their content, so that the result is the same in any
 * checkout and several processes may bundle at once.
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
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: names.map((name) => ({ in: `lambda/${name}/handler.ts`, out: name })),
    outdir: BUNDLES,
    bundle: true,
    write: false,
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
  return outputFiles.map(({ path, contents }) => {
    const name = basename(path, '.js');
    return [name, store(name, contents)] as const;
  });
}

function store(name: string, code: Uint8Array): Bundle {
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const bundle = { folder: join(BUNDLES, `${name}-${digest}`), sizeBytes: code.byteLength };
  if (existsSync(bundle.folder)) return bundle;
  mkdirSync(BUNDLES, { recursive: true });
  const aside = mkdtempSync(join(BUNDLES, '.writing-'));
  writeFileSync(join(aside, 'index.js'), code);
  writeFileSync(join(aside, 'package.json'), '{"type":"commonjs"}\n');
  try {
    renameSync(aside, bundle.folder);
  } catch (cause) {
    rmSync(aside, { recursive: true });
    // Another process was first, with the same content.
    if (!existsSync(bundle.folder)) throw cause;
  }
  return bundle;
}
