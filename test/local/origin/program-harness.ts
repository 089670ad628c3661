import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { CREDENTIALS } from './origin-harness.ts';

const ROOT = join(import.meta.dirname, '../../..');

export const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};

/** A program as the local run starts it: bundled into one file, for plain Node. */
export interface Program {
  readonly folder: string;
  /** Runs it; `line` resolves with the first line that it writes. */
  start(args: readonly string[], env?: Record<string, string>): RunningProgram;
  /** Kills what still runs. */
  stopAll(): void;
  remove(): Promise<void>;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly line: Promise<Record<string, string>>;
  /** Exit code and signal. */
  readonly exited: Promise<unknown[]>;
}

export async function bundleTestProgram(entry: string): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'program-'));
  const outfile = join(folder, 'program.mjs');
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const children: ChildProcess[] = [];
  return {
    folder,
    start: (args, env = ENVIRONMENT) => {
      const child = spawn(process.execPath, [outfile, ...args], {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      children.push(child);
      const lines = createInterface({ input: child.stdout });
      const line = once(lines, 'line').then(([text]) => JSON.parse(text));
      return { child, line, exited: once(child, 'exit') };
    },
    stopAll: () => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
