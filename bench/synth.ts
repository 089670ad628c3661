import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../lib/app.ts';
import { loadConfig } from '../lib/config/load-config.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 5;

/**
 * `cdk synth` of the example, with bundling and validation, from nothing to its exit; and the same stacks synthesized in
 * this process without validation, as unit tests do: the first time, with all that is loaded and compiled for it, and
 * after that.
 */
export async function benchmarkSynth(): Promise<BenchmarkOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'distributary-bench-'));
  try {
    const inProcess = await rounds(ROUNDS, async (round) => {
      buildApp(loadConfig('config/example.yaml'), { outdir: join(folder, `${round}`) }).synth();
    });
    const [first = Number.NaN, ...later] = inProcess;
    const cli = await rounds(ROUNDS, (round) => runCli(join(folder, `cli-${round}`)));
    return {
      benchmark: 'synth',
      rows: [
        row('cdk synth, bundled and validated', cli),
        row('in process, first', [first]),
        row('in process, later', later),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rounds(count: number, run: (round: number) => Promise<void>): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const begunAt = performance.now();
    await run(round);
    seconds.push((performance.now() - begunAt) / 1000);
  }
  return seconds;
}

async function runCli(outdir: string): Promise<void> {
  const args = ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', outdir];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`cdk synth ended with exit code ${code}; expected 0`);
}

const row = (what: string, values: readonly number[]) => ({
  what,
  'median s': rounded(median(values)),
  'fastest s': rounded(Math.min(...values)),
  'slowest s': rounded(Math.max(...values)),
});
