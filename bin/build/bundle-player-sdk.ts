import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the player SDK as one ES module for browsers. */
export async function bundlePlayerSdk(outfile: string): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: ['player-sdk/index.ts'],
    outfile,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    legalComments: 'none',
    logLevel: 'error',
  });
}
