import { arch, cpus, totalmem } from 'node:os';
import type { BenchmarkOutcome } from './outcome.ts';
import { benchmarkPlanning } from './planning.ts';
import { benchmarkStart } from './start.ts';
import { benchmarkSynth } from './synth.ts';
import { benchmarkTokens } from './tokens.ts';

const benchmarks: Readonly<Record<string, () => Promise<BenchmarkOutcome>>> = {
  planning: benchmarkPlanning,
  start: benchmarkStart,
  synth: benchmarkSynth,
  tokens: benchmarkTokens,
};

/** `npm run bench -- NAME`: runs one benchmark; prints a table to stderr and JSON to stdout. */
async function main(names: readonly string[]): Promise<void> {
  const [name = ''] = names;
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark || names.length !== 1) {
    console.error(
      `usage: npm run bench -- NAME, where NAME is one of: ${Object.keys(benchmarks).join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const outcome = await benchmark();
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    architecture: arch(),
    node: process.version,
  };
  console.error(tableOf(outcome.rows));
  console.log(JSON.stringify({ ...outcome, machine }));
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
