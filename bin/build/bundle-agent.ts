import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundles the agent with all it needs into one file that runs on Node 24 alone: no packages, no native addons, so that
 * the same file serves Linux and FreeBSD.
 */
export async function bundleAgent(outfile: string): Promise<void> {
  const { version } = JSON.parse(await readFile(`${repository}/package.json`, 'utf8'));
  await build({
    absWorkingDir: repository,
    entryPoints: ['oca-agent/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    banner: { js: '#!/usr/bin/env node' },
    define: { __OCA_VERSION__: JSON.stringify(version) },
    legalComments: 'none',
    logLevel: 'error',
  });
}
