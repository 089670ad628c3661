/**
 * Compiles the kernel of the erasure codec, oca-agent/parity/codec/kernel.as, and keeps it as kernel-module.ts, so that an
 * appliance needs no compiler.
 *
 *   node tools/build-codec.js           writes it
 *   node tools/build-codec.js --check   fails unless what is there is what would be written
 */
import { readFile, writeFile } from 'node:fs/promises';
import { main as compile } from 'assemblyscript/asc';

const SOURCE = new URL('../oca-agent/parity/codec/kernel.as', import.meta.url);
const TARGET = new URL('../oca-agent/parity/codec/kernel-module.ts', import.meta.url);
const LINE_LENGTH = 94;

const module = moduleText(await compileKernel(await readFile(SOURCE, 'utf8')));
if (process.argv.includes('--check')) {
  const kept = await readFile(TARGET, 'utf8');
  if (kept !== module) {
    process.stderr.write('kernel-module.ts is not what kernel.as compiles to\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(TARGET, module);
}

/** The compiler wants to see the name end in .ts; ours does not, for it is no TypeScript. */
async function compileKernel(source) {
  let binary;
  const { error, stderr } = await compile(
    [
      ...['kernel.ts', '--outFile', 'kernel.wasm', '-O3', '--noAssert'],
      ...['--runtime', 'stub', '--importMemory'],
      ...['--enable', 'simd', '--enable', 'relaxed-simd'],
    ],
    {
      readFile: (name) => (name === 'kernel.ts' ? source : null),
      writeFile: (_, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(binary);
}

function moduleText(binary) {
  const lines = binary.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  return [
    '/** Made from kernel.as by `node tools/build-codec.js`: a WebAssembly module in base64. */',
    'export const KERNEL_MODULE_BASE64 = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}
