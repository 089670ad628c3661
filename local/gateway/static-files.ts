import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

const typeByExtension: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** A name that carries its content's hash, as esbuild writes it: it can be kept for ever. */
const HASHED_NAME = /[.-][A-Z0-9]{8}\.[a-z0-9]+$/;

/**
 * Serves the files that stood in a folder at the start, each under its own path and `index.html` as `/`. What is not
 * in that list is not looked for, so that no path leads out of the folder.
 */
export class StaticFiles {
  readonly #fileByPath = new Map<string, string>();
  readonly #policy: string;

  /** `contentSecurityPolicy` is sent with every page. */
  constructor(folder: string, contentSecurityPolicy: string) {
    this.#policy = contentSecurityPolicy;
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile())
        this.#fileByPath.set(`/${relative(folder, file).split(sep).join('/')}`, file);
    }
  }

  has(path: string): boolean {
    return this.#fileByPath.has(canonical(path));
  }

  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const file = this.#fileByPath.get(canonical(path));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const body = await readFile(file ?? '');
    response.writeHead(200, {
      'content-type': typeByExtension[extname(path) || '.html'] ?? 'application/octet-stream',
      'content-length': body.length,
      'cache-control': HASHED_NAME.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': this.#policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

const canonical = (path: string): string => (path === '/' ? '/index.html' : path);

/**
 * The page loads its own files alone and talks to the parts of this CDN. Players need `blob:` for media sources and
 * workers, and `data:` for the steering manifest that our playback manifests carry inline.
 */
export const contentSecurityPolicy = (deliveryUrls: readonly string[]): string =>
  [
    "default-src 'self'",
    `connect-src 'self' data: blob: ${deliveryUrls.join(' ')}`,
    `media-src 'self' blob: ${deliveryUrls.join(' ')}`,
    "img-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
