import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { indexPage } from './index-page.ts';

const PAGE_FILES = { console: 'main.tsx', style: 'styles/console.css', icon: 'icon.svg' } as const;
/** A bundle of its own that shares nothing: it runs as a plain script, before the first paint. */
const THEME_FILE = 'theme/boot.ts';

/**
 * Writes the page to `outdir`: `index.html`, and under `assets/` the rest, each file with its content's hash in its
 * name. The player libraries become files of their own that are loaded when first wanted.
 */
export async function buildConsole(outdir: string): Promise<void> {
  const shared = {
    absWorkingDir: import.meta.dirname,
    outdir,
    bundle: true,
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    target: 'es2022',
    minify: true,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'error',
  } as const satisfies BuildOptions;
  const [page, theme] = await Promise.all([
    build({
      ...shared,
      ...{ entryPoints: PAGE_FILES, loader: { '.svg': 'copy' }, format: 'esm', splitting: true },
    }),
    build({ ...shared, entryPoints: { theme: THEME_FILE }, format: 'iife' }),
  ]);
  const html = indexPage({
    script: outputOf(page.metafile, PAGE_FILES.console),
    style: outputOf(page.metafile, PAGE_FILES.style),
    icon: outputOf(page.metafile, PAGE_FILES.icon),
    themeScript: outputOf(theme.metafile, THEME_FILE),
  });
  await writeFile(join(outdir, 'index.html'), html);
}

/** Path of the file that `entryPoint` became, relative to the page. */
function outputOf(metafile: Metafile, entryPoint: string): string {
  const output = Object.entries(metafile.outputs).find(
    ([path, { entryPoint: source, inputs }]) =>
      source === entryPoint || (path.endsWith('.svg') && entryPoint in inputs),
  );
  if (!output) throw new Error(`esbuild made no file of ${entryPoint}`);
  return `assets/${output[0].split('/').at(-1)}`;
}
