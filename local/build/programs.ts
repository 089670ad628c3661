import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');

/** CommonJS inside a bundle asks for built-ins with `require`, which a module does not have by itself. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Bundles a program of this repository, e.g. `local/origin/main.ts`, into one file that plain Node starts fast. */
export async function bundleProgram(entry: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: REQUIRE_BANNER },
    logLevel: 'silent',
  });
  return outfile;
}
