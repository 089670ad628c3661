import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { invariant } from '#domain/invariant.ts';
import { storeFolder } from './bundle.ts';
import { keptBuild } from './kept-build.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/**
 * libuv reads it when the first file is opened, which is later than this. Enough for 60 hdd or 30 flash disks that all
 * hang, see oca-agent/disks/thread-budget.ts; idle threads cost 10 KB each.
 */
const FILE_THREADS = "process.env.UV_THREADPOOL_SIZE ??= '320';";
/** What an instance of EC2 needs beside the agent. */
const EC2_FILES = ['prepare.sh', 'oca-prepare.service', 'oca-agent.service'] as const;

/**
 * How the agent becomes one file with all it needs, which runs on Node 24 alone: no packages, no native addons, so that
 * the same file serves Linux and FreeBSD.
 */
export function agentBuild(outfile: string): BuildOptions {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return {
    absWorkingDir: ROOT,
    entryPoints: ['oca-agent/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    // Packages' ES modules rather than their CommonJS: unused parts fall away.
    mainFields: ['module', 'main'],
    format: 'cjs',
    target: 'node24',
    banner: { js: `#!/usr/bin/env node\n${FILE_THREADS}` },
    define: { __OCA_VERSION__: JSON.stringify(version) },
    legalComments: 'none',
    logLevel: 'error',
  };
}

/** Made once in a process: each site of EC2 instances runs the same. */
let made: string | undefined;

/** A folder with the agent and what brings it up on EC2, named after its content. */
export function agentPackage(): string {
  made ??= storeFolder('oca-agent', [['oca.cjs', bundledAgent()], ...EC2_FILES.map(ec2File)]);
  return made;
}

function bundledAgent(): Uint8Array {
  const [bundle] = keptBuild(agentBuild('oca.cjs'));
  invariant(bundle, 'one entry makes one file');
  return bundle.contents;
}

const ec2File = (name: string): readonly [string, Uint8Array] => [
  name,
  readFileSync(join(ROOT, 'oca-agent', 'ec2', name)),
];
