import { parseArgs } from 'node:util';
import { EVICTION_POLICIES } from '#domain/eviction/policy.ts';
import { meanGapClosed, simulatorDifferences, unmetGoals } from './evict/claims.ts';
import { type DecisionFigures, timeDecisions } from './evict/decisions.ts';
import { goldenDifferences, writeGoldens } from './evict/goldens.ts';
import {
  BOUNDS,
  byteMissRatio,
  CACHE_SHARES,
  type Cell,
  type Contender,
  objectMissRatio,
  replayAll,
} from './evict/replays.ts';
import type { BenchmarkOutcome } from './outcome.ts';

type Row = Record<string, string | number>;
const CONTENDERS: readonly Contender[] = [...EVICTION_POLICIES, ...BOUNDS];

/**
 * Every eviction policy on the shared traces, between random and what hindsight would do: shares missed of requests and
 * of bytes; the part of the byte gap from LRU to the bound that is closed; cost of a decision at 2 million assets.
 *
 *     --data DIR   the shared data
 *     --check      no timing: compares hits with evict-goldens.json, the default with its goals, us with the simulator
 *     --write      writes evict-goldens.json anew
 */
export async function benchmarkEviction(options: readonly string[]): Promise<BenchmarkOutcome> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      data: { type: 'string' },
      check: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  if (!values.data) throw new Error('evict needs --data DIR, the directory of the shared data');
  const cells = replayAll(values.data);
  if (values.write) writeGoldens(cells);
  return {
    benchmark: 'evict',
    rows: [
      ...cells.map(missRowOf),
      ...CACHE_SHARES.map((share) => gapRowOf(cells, share)),
      ...(values.check ? [] : await decisionRows()),
    ],
    failures: [
      ...goldenDifferences(cells),
      ...unmetGoals(cells),
      ...simulatorDifferences(values.data, cells),
    ],
  };
}

/** Shares missed, of requests / of bytes. */
const missRowOf = ({ trace, cacheShare, counts }: Cell): Row => ({
  trace,
  cache: cacheShare,
  ...perContender((contender) => {
    const missed = counts[contender];
    return `${objectMissRatio(missed).toFixed(4)}/${byteMissRatio(missed).toFixed(4)}`;
  }),
});

const gapRowOf = (cells: readonly Cell[], cacheShare: number): Row => ({
  trace: 'byte gap closed, %',
  cache: cacheShare,
  ...perContender((contender) => (100 * meanGapClosed(cells, cacheShare, contender)).toFixed(1)),
});

async function decisionRows(): Promise<Row[]> {
  const figures: (readonly [string, DecisionFigures])[] = [];
  for (const name of EVICTION_POLICIES) figures.push([name, await timeDecisions(name)]);
  const rowOf = (label: string, figure: keyof DecisionFigures): Row => ({
    trace: label,
    cache: '2 million assets',
    ...Object.fromEntries(figures.map(([name, measured]) => [name, measured[figure]])),
  });
  return [
    rowOf('admit, ns', 'admitNs'),
    rowOf('use, ns', 'useNs'),
    rowOf('evict, ns', 'evictNs'),
    rowOf('bytes an asset', 'bytesPerAsset'),
  ];
}

const perContender = (cellOf: (contender: Contender) => string): Row =>
  Object.fromEntries(CONTENDERS.map((contender) => [contender, cellOf(contender)]));
