import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import type { DriveOptions, Observation } from './observation.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The players as their packages ship them. */
const LIBRARIES = {
  'dash.js': 'node_modules/dashjs/dist/modern/umd/dash.all.min.js',
  'hls.js': 'node_modules/hls.js/dist/hls.min.js',
  'shaka.js': 'node_modules/shaka-player/dist/shaka-player.compiled.js',
} as const;

const HTML = `<!doctype html><title>Player test</title><video muted playsinline width="640"></video>
${Object.keys(LIBRARIES)
  .map((name) => `<script src="/test/${name}"></script>`)
  .join('\n')}
<script src="/test/page.js"></script>`;

export interface PlayerPage {
  drive(options: DriveOptions): Promise<void>;
  observe(): Promise<Observation>;
  close(): Promise<void>;
}

/** Opens the test page under the gateway's origin, so that its requests are what a page of the service would send. */
export async function openPlayerPage(context: BrowserContext, origin: string): Promise<PlayerPage> {
  const page = await context.newPage();
  await serveTestFiles(page, origin);
  await page.goto(`${origin}/test/`);
  return {
    drive: (options) => page.evaluate((given) => window.distributaryTest.drive(given), options),
    observe: () => page.evaluate(() => window.distributaryTest.observe()),
    close: () => page.close(),
  };
}

async function serveTestFiles(page: Page, origin: string): Promise<void> {
  const script = (path: string, body: string) =>
    page.route(`${origin}/test/${path}`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body }),
    );
  await page.route(`${origin}/test/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: HTML }),
  );
  for (const [name, file] of Object.entries(LIBRARIES)) {
    await script(name, await readFile(join(ROOT, file), 'utf8'));
  }
  await script('page.js', await bundledPage());
}

async function bundledPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '..', 'pages', 'player-page.ts')],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
