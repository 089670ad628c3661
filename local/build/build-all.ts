import { join } from 'node:path';
import { stop as stopEsbuild } from 'esbuild';
import { bundleAgent } from '../../bin/build/bundle-agent.ts';
import { buildConsole } from '../../console/build.ts';
import type { Config } from '../../lib/config/schema.ts';
import { readAssembly, type Stack } from '../cloud-assembly/assembly.ts';
import type { Ground } from '../ground/prepare-ground.ts';
import { allDone } from '../processes/all-done.ts';
import { bundleProgram } from './programs.ts';
import { synthesize } from './synthesize.ts';

/** What is made of the sources. */
export interface Build {
  readonly stacks: readonly Stack[];
  readonly assemblyFolder: string;
  readonly consoleFolder: string;
  readonly programs: { readonly origin: string; readonly edge: string; readonly oca: string };
}

/** Templates, programs and console at the same time: they need nothing of each other. */
export async function buildAll(ground: Ground): Promise<Build> {
  const { data, progress } = ground;
  const assemblyFolder = join(data.path, 'cdk.out');
  const consoleFolder = join(data.path, 'console');
  const [stacks, programs] = await allDone([
    progress.step(
      'templates',
      () => synthesizeStacks(ground, assemblyFolder),
      ({ length }) => `${length} CloudFormation stacks, synthesized`,
    ),
    progress.step(
      'programs',
      () => bundleAll(ground, consoleFolder),
      () => 'agent, edge, origin and console, bundled',
    ),
  ]);
  return { stacks, assemblyFolder, consoleFolder, programs };
}

/** The app of the configuration, but with the token keys of this machine built into the edge. */
async function synthesizeStacks(
  { config, secrets, logs, teardown }: Ground,
  outdir: string,
): Promise<Stack[]> {
  const publicKeys = secrets.sessionTokenKeys.map(({ kid, x }) => ({ kid, x }));
  const overlaid: Config = { ...config, tokens: { ...config.tokens, publicKeys } };
  const synthesis = synthesize({ config: overlaid, outdir }, logs.lines('synthesis'));
  teardown.add('processes', synthesis.cancel);
  await synthesis.done;
  return readAssembly(outdir, config.regions.control);
}

async function bundleAll({ data }: Ground, consoleFolder: string): Promise<Build['programs']> {
  const folder = join(data.path, 'programs');
  const oca = join(folder, 'oca.cjs');
  const [origin, edge] = await allDone([
    bundleProgram('local/origin/main.ts', join(folder, 'origin.mjs')),
    bundleProgram('local/edge/main.ts', join(folder, 'edge.mjs')),
    bundleAgent(oca),
    buildConsole(consoleFolder),
  ]);
  await stopEsbuild();
  return { origin, edge, oca };
}
