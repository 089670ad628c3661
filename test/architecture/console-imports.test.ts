import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ROOMS = ['console/', 'player-sdk/', 'protocol/', 'domain/'];
const PACKAGES = ['preact', 'dashjs', 'hls.js', 'shaka-player'];

test('the page is made of the console, the SDK, the protocol and the domain, and of the packages named here', async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['console/main.tsx'],
    bundle: true,
    format: 'esm',
    splitting: true,
    outdir: 'unwritten',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const strangers = Object.keys(metafile.inputs).filter(
    (path) =>
      !ROOMS.some((room) => path.startsWith(room)) &&
      !PACKAGES.some((name) => path.startsWith(`node_modules/${name}/`)),
  );
  expect(strangers).toEqual([]);
});
