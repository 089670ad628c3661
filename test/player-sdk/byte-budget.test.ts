import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

/** What a page pays for the SDK, minified and compressed. Raised only in the change that needs it. */
const BUDGET_BYTES = 5700;

test('the SDK stays inside its byte budget', async () => {
  const { outputFiles } = await build({
    entryPoints: ['player-sdk/index.ts'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
  });
  const [bundle] = outputFiles;
  expect(gzipSync(bundle?.contents ?? '', { level: 9 }).length).toBeLessThanOrEqual(BUDGET_BYTES);
});
