import { execFile } from 'node:child_process';
import { mkdtemp, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import type { TableFigures, Timing } from './index-table.ts';
import { ingestRows } from './ingest.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { median, rounded } from './statistics.ts';
import { BenchStore, UNIT } from './store-on-disks.ts';

const run = promisify(execFile);
const PARTS = ['table', 'agent', 'ingest'] as const;
type Part = (typeof PARTS)[number];
/** What memory does settles in so long. */
const SETTLED_MS = 5000;
const STARTS = 5;
/** Processes in which the table is measured; the one in the middle is shown. */
const TABLES = 3;

interface Row {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly beside: string;
  [column: string]: string | number;
}

/**
 * The store: its index in memory, its index on disks and in a real agent, its intake. The agent evicts meanwhile: the disks
 * are full, and its policies know every asset.
 *
 *     --assets N     of the index: 2,000,000 unless said. Half of them are used to measure the rebuild
 *     --folder DIR   a folder on the disk to be measured; 2 million assets take 9 GB there
 *     --part PART    table, agent or ingest; all unless said
 */
export async function benchmarkStore(options: readonly string[]): Promise<BenchmarkOutcome> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      assets: { type: 'string', default: '2000000' },
      folder: { type: 'string', default: tmpdir() },
      part: { type: 'string' },
    },
  });
  const assets = Number(values.assets);
  const parts: Readonly<Record<Part, () => Promise<Row[]>>> = {
    table: () => tableRows(assets),
    agent: () => agentRows(values.folder, assets),
    ingest: async () => (await ingestRows(values.folder)).map(ingestRow),
  };
  const rows: Row[] = [];
  for (const part of PARTS)
    if (values.part === undefined || values.part === part) rows.push(...(await parts[part]()));
  return { benchmark: 'store', rows };
}

async function tableRows(assets: number): Promise<Row[]> {
  const program = join(import.meta.dirname, 'index-table.ts');
  const args = ['--import', 'tsx', program, String(assets)];
  const runs: TableFigures[] = [];
  for (let time = 0; time < TABLES; time += 1) {
    const { stdout } = await run(process.execPath, args, { env: UNIT.env });
    runs.push(JSON.parse(stdout) as TableFigures);
  }
  runs.sort((one, other) => one.lookUp.median - other.lookUp.median);
  const { find, lookUp, map, withAsset, memoryRead, ...figures } = runs[
    Math.floor(TABLES / 2)
  ] as TableFigures;
  const ofAll = runs.map((figure) => rounded(1000 / figure.lookUp.median)).join(', ');
  const slots = rateRow('look-ups by title and file: is it held, in which slot', lookUp);
  return [
    { ...slots, beside: `${slots.beside}; of each process ${ofAll}` },
    rateRow('the same, of a Map by title and file', map),
    rateRow('the same, with the size of the asset', withAsset, '≥ 1'),
    rateRow('the same, with all that an answer says', find),
    row('one read anywhere in so much memory', memoryRead.median, 'ns'),
    row('additions, hashed and named', figures.addsPerCpuSecond / 1e6, 'M / CPU s'),
    row('table', mebibytes(figures.tableBytes), 'MiB', '≤ 256'),
    row('digest of all ids', figures.digestCpuSeconds, 'CPU s'),
  ];
}

function rateRow(measure: string, { median, fastestTenth }: Timing, goal = ''): Row {
  const fastest = `fastest tenth of batches ${rounded(1000 / fastestTenth)}`;
  return { ...row(measure, 1000 / median, 'M / s', goal), beside: fastest };
}

async function agentRows(parent: string, assets: number): Promise<Row[]> {
  const folder = await mkdtemp(join(parent, 'oca-store-'));
  try {
    const store = new BenchStore(folder, assets);
    await store.prepare();
    const half = Math.floor(assets / 2);
    store.lay(0, half);
    const rebuilding = await store.start();
    await rebuilding.reconciled;
    await rebuilding.stop('SIGTERM');
    store.lay(half, assets);
    const growing = await store.start();
    await growing.reconciled;
    await delay(SETTLED_MS);
    return [
      row(
        `index of ${half} assets rebuilt from disks alone`,
        rebuilding.reconciledSeconds,
        's',
        '≤ 60',
      ),
      row('agent after it took in the other half', mebibytes(growing.memoryBytes('VmRSS')), 'MiB'),
      row('stopped, with its snapshot', await growing.stop('SIGTERM'), 's'),
      ...(await startRows(store, assets)),
    ];
  } finally {
    await run('rm', ['-rf', folder]);
  }
}

async function startRows(store: BenchStore, assets: number): Promise<Row[]> {
  const readySeconds: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const agent = await store.start();
    readySeconds.push(agent.readySeconds);
    await agent.stop('SIGTERM');
  }
  const whole = await store.start();
  const readyBytes = whole.memoryBytes('VmRSS');
  await whole.reconciled;
  await delay(SETTLED_MS);
  const rows = [
    row(
      `start with ${assets} assets indexed, until clients are served, median of ${STARTS}`,
      median(readySeconds),
      's',
      '≤ 1',
    ),
    row('agent when it is ready', mebibytes(readyBytes), 'MiB'),
    row('agent when index and disks agree', mebibytes(whole.memoryBytes('VmRSS')), 'MiB', '≤ 512'),
    row('agent at most', mebibytes(whole.memoryBytes('VmHWM')), 'MiB'),
    row('until index and disks agree', whole.reconciledSeconds, 's'),
  ];
  await whole.stop('SIGKILL');
  const crashed = await store.start();
  rows.push(row('start after SIGKILL', crashed.readySeconds, 's'));
  await crashed.stop('SIGKILL');
  await unlink(store.stateFile('index.snapshot'));
  const slow = await store.start();
  rows.push(row('start without a snapshot, from the database', slow.readySeconds, 's'));
  await slow.stop('SIGKILL');
  return rows;
}

function row(measure: string, value: number, unit: string, goal = ''): Row {
  return { measure, value: rounded(value), unit, goal, beside: '' };
}
const mebibytes = (sizeBytes: number): number => sizeBytes / 2 ** 20;

function ingestRow({ measure, ratio, ...rates }: Record<string, string | number>): Row {
  const beside = Object.entries(rates).map(([what, value]) => `${what} ${value}`);
  return {
    ...row(`${measure}`, Number(ratio), 'of cp + sha256sum + sync', '≥ 0.8'),
    beside: beside.join(', '),
  };
}
