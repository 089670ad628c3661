import { join } from 'node:path';
import { stop as stopEsbuild } from 'esbuild';
import { bundleAgent } from '../bin/build/bundle-agent.ts';
import type { Publication } from '../bin/distributary/publish/publish-title.ts';
import { buildConsole } from '../console/build.ts';
import { loadConfig } from '../lib/config/load-config.ts';
import type { Config } from '../lib/config/schema.ts';
import {
  type AddressPlan,
  demandFreeAddresses,
  detectAddressMode,
  planAddresses,
  urlOf,
} from './address-plan.ts';
import { readAssembly, type Stack } from './cloud-assembly/assembly.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { LogFolder } from './log-folder.ts';
import { bundleProgram } from './programs.ts';
import type { Progress } from './progress.ts';
import { readTitles } from './publishing.ts';
import { SecretStore } from './secret-store.ts';
import { startParts } from './start-parts.ts';
import { synthesize } from './synthesis/synthesize.ts';
import type { Teardown } from './teardown.ts';

export interface LocalCdnOptions {
  /** The configuration whose app is run; its sites and OCAs are those of this machine. */
  readonly configFile: string;
  readonly port: number;
  readonly data?: string;
  readonly media?: string;
  readonly progress: Progress;
  readonly teardown: Teardown;
  /** Sees every log line of every part. */
  readonly echo?: (line: string) => void;
}

/** What is known before anything is started. */
export interface Ground {
  readonly config: Config;
  readonly plan: AddressPlan;
  readonly titles: readonly Publication[];
  readonly data: DataFolder;
  readonly logs: LogFolder;
  readonly secrets: SecretStore;
  readonly progress: Progress;
  readonly teardown: Teardown;
}

/** What is made of the sources. */
export interface Build {
  readonly stacks: readonly Stack[];
  readonly assemblyFolder: string;
  readonly consoleFolder: string;
  readonly programs: { readonly origin: string; readonly edge: string; readonly oca: string };
}

/**
 * Runs the whole CDN on this machine and returns its URL when a title can be played. Everything started is handed to
 * the teardown at once, so that a start which fails, or is interrupted, leaves nothing either.
 * @throws CdnError `address-taken`, `folder-unwritable`, `media-without-manifest`, `start-failed`, …
 */
export async function startLocalCdn(options: LocalCdnOptions): Promise<string> {
  const ground = await prepareGround(options);
  const build = await buildAll(ground);
  await startParts(ground, build);
  return urlOf(ground.plan.gateway);
}

async function prepareGround(options: LocalCdnOptions): Promise<Ground> {
  const { progress, teardown } = options;
  const config = loadConfig(options.configFile);
  const ocaCount = config.sites.flatMap((site) => site.ocas).length;
  const titles = readTitles(options.media);
  const plan = await progress.step(
    'addresses',
    () => freeAddresses(options.port, ocaCount),
    describePlan,
  );
  const data = openDataFolder(options.data);
  teardown.add(
    'files',
    () => data.remove(),
    () => data.remove(),
  );
  const logs = new LogFolder(join(data.path, 'logs'), options.echo);
  teardown.add('servers', () => logs.close());
  const secrets = new SecretStore(join(data.path, 'secrets'), config);
  progress.note(`data           ${data.path}${data.isKept ? '' : ' (removed at the end)'}`);
  return { config, plan, titles, data, logs, secrets, progress, teardown };
}

async function freeAddresses(port: number, ocaCount: number): Promise<AddressPlan> {
  const plan = planAddresses(port, ocaCount, await detectAddressMode());
  await demandFreeAddresses(plan);
  return plan;
}

const describePlan = ({ mode, gateway, ocas }: AddressPlan): string =>
  mode === 'aliases'
    ? `port ${gateway.port} on 127.0.0.1 and an address each for ${ocas.length} OCAs, edge and origin`
    : `127.0.0.1, from port ${gateway.port} on`;

/** Templates, programs and console at the same time: they need nothing of each other. */
async function buildAll(ground: Ground): Promise<Build> {
  const { data, progress } = ground;
  const assemblyFolder = join(data.path, 'cdk.out');
  const consoleFolder = join(data.path, 'console');
  const [stacks, programs] = await Promise.all([
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
  const [origin, edge] = await Promise.all([
    bundleProgram('local/origin/main.ts', join(folder, 'origin.mjs')),
    bundleProgram('local/edge/main.ts', join(folder, 'edge.mjs')),
    bundleAgent(oca),
    buildConsole(consoleFolder),
  ]);
  await stopEsbuild();
  return { origin, edge, oca };
}
