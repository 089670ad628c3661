import { arch, cpus, totalmem } from 'node:os';
import { benchmarkDelivery } from './delivery.ts';
import { benchmarkEviction } from './evict.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { benchmarkParity } from './parity.ts';
import { benchmarkPlanning } from './planning.ts';
import { benchmarkStart } from './start.ts';
import { benchmarkStore } from './store.ts';
import { benchmarkSynth } from './synth.ts';
import { benchmarkTokens } from './tokens.ts';

type Benchmark = (options: readonly string[]) => Promise<BenchmarkOutcome>;

const benchmarks: Readonly<Record<string, Benchmark>> = {
  delivery: benchmarkDelivery,
  evict: benchmarkEviction,
  parity: benchmarkParity,
  planning: benchmarkPlanning,
  start: benchmarkStart,
  store: benchmarkStore,
  synth: benchmarkSynth,
  tokens: benchmarkTokens,
};

/**
 * `npm run bench -- NAME [OPTION …]`: runs one benchmark; prints a table to stderr and JSON to stdout. Exits 1 when a
 * claim that it checks does not hold.
 */
async function main([name = '', ...options]: readonly string[]): Promise<void> {
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark || (options.length > 0 && benchmark.length === 0)) {
    console.error(
      `usage: npm run bench -- NAME [OPTION …], where NAME is one of: ${Object.keys(benchmarks).join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const outcome = await benchmark(options);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    architecture: arch(),
    node: process.version,
  };
  console.error(tableOf(outcome.rows));
  console.log(JSON.stringify({ ...outcome, machine }));
  for (const failure of outcome.failures ?? []) console.error(`does not hold: ${failure}`);
  if (outcome.failures?.length) process.exitCode = 1;
}

function tableOf(rows: readonly Record<string, string | number>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines
    .map((line) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
    .join('\n');
}

await main(process.argv.slice(2));
