import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext } from 'playwright-core';
import type { DriveOptions, Observation } from './observation.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The players as their packages ship them. */
const LIBRARIES = {
  '/dash.js': 'node_modules/dashjs/dist/modern/umd/dash.all.min.js',
  '/hls.js': 'node_modules/hls.js/dist/hls.min.js',
  '/shaka.js': 'node_modules/shaka-player/dist/shaka-player.compiled.js',
} as const;

const HTML = `<!doctype html><title>Player test</title><video muted playsinline width="640"></video>
${[...Object.keys(LIBRARIES), '/page.js'].map((path) => `<script src="${path}"></script>`).join('\n')}`;

/** A streaming service's web site: an origin of its own, as real ones have, apart from the CDN's. */
export interface PlayerSite {
  open(context: BrowserContext): Promise<PlayerPage>;
  close(): void;
}

export interface PlayerPage {
  drive(options: DriveOptions): Promise<void>;
  observe(): Promise<Observation>;
  close(): Promise<void>;
}

export async function startPlayerSite(): Promise<PlayerSite> {
  const files = new Map<string, string>([
    ['/', HTML],
    ['/page.js', await bundledPage()],
  ]);
  for (const [path, file] of Object.entries(LIBRARIES)) {
    files.set(path, await readFile(join(ROOT, file), 'utf8'));
  }
  const server = createServer((request, response) => {
    const body = files.get(request.url ?? '');
    const type = request.url === '/' ? 'text/html' : 'text/javascript';
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    open: (context) => openPage(context, `http://127.0.0.1:${port}/`),
    close: () => server.close(),
  };
}

async function openPage(context: BrowserContext, url: string): Promise<PlayerPage> {
  const page = await context.newPage();
  await page.goto(url);
  return {
    drive: (options) => page.evaluate((given) => window.distributaryTest.drive(given), options),
    observe: () => page.evaluate(() => window.distributaryTest.observe()),
    close: () => page.close(),
  };
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
