import { join } from 'node:path';
import { DEFAULT_EVICTION_POLICY } from '#domain/eviction/policy.ts';
import {
  byteMissRatio,
  CACHE_SHARES,
  type Cell,
  type Contender,
  gapClosed,
  objectMissRatio,
} from './replays.ts';
import { linesOf } from './traces.ts';

const PEERS = ['lru', 'lfu-da', 'gdsf', 'sieve', 's3-fifo'] as const;
const BEHIND_BEST_MAX = 0.005;
const GAP_CLOSED_MIN = 0.27;
const GAP_SHARES: readonly number[] = [0.01, 0.1];

/** What must hold of the default policy; the sentences that do not. */
export function unmetGoals(cells: readonly Cell[]): string[] {
  const behind = cells.flatMap((cell) => {
    const best = Math.min(...PEERS.map((peer) => byteMissRatio(cell.counts[peer])));
    const lost = byteMissRatio(cell.counts[DEFAULT_EVICTION_POLICY]) - best;
    return lost <= BEHIND_BEST_MAX
      ? []
      : [`${nameOf(cell)}: ${(100 * lost).toFixed(2)} points of bytes behind the best`];
  });
  const gaps = GAP_SHARES.flatMap((share) => {
    const closed = meanGapClosed(cells, share, DEFAULT_EVICTION_POLICY);
    return closed >= GAP_CLOSED_MIN
      ? []
      : [`at ${share}: ${(100 * closed).toFixed(1)} % of the gap closed, of 27 %`];
  });
  return [...behind, ...gaps];
}

export function meanGapClosed(
  cells: readonly Cell[],
  cacheShare: number,
  contender: Contender,
): number {
  const closed = cells
    .filter((cell) => cell.cacheShare === cacheShare)
    .map((cell) => gapClosed(cell, contender));
  return closed.reduce((total, one) => total + one, 0) / closed.length;
}

/**
 * Contenders by their names in `anchors/measured.csv`, and by how much four digits may differ: not at all, or one in
 * the last place, where S3-FIFO asks its ghosts after making room instead of before.
 */
const SIMULATED: Readonly<Record<string, readonly [Contender, number]>> = {
  lru: ['lru', 0],
  sieve: ['sieve', 0],
  gdsf: ['gdsf', 0],
  s3fifo: ['s3-fifo', 1],
  belady: ['belady', 0],
  'bypass-belady': ['bypass-belady', 0],
};
/** libCacheSim's own test trace: block I/O, without assets that change in size. */
const COMPARED_TRACE = 'cloudphysics-io';

/** Where we differ from the published simulator on its own trace, in the share of requests missed. */
export function simulatorDifferences(dataDirectory: string, cells: readonly Cell[]): string[] {
  const published = linesOf(join(dataDirectory, 'anchors', 'measured.csv')).map((line) =>
    line.split(','),
  );
  let comparedCount = 0;
  const differences = published.flatMap(([trace, share, , algorithm = '', missRatio]) => {
    const [contender, tolerance] = SIMULATED[algorithm] ?? [];
    const cell = cells.find((one) => one.trace === trace && one.cacheShare === Number(share));
    if (trace !== COMPARED_TRACE || !contender || !cell) return [];
    comparedCount += 1;
    const ours = Math.round(1e4 * objectMissRatio(cell.counts[contender]));
    const theirs = Math.round(1e4 * Number(missRatio));
    return Math.abs(ours - theirs) <= (tolerance ?? 0)
      ? []
      : [`${nameOf(cell)}: ${contender} misses ${ours / 1e4}, the simulator ${theirs / 1e4}`];
  });
  const expectedCount = Object.keys(SIMULATED).length * CACHE_SHARES.length;
  return comparedCount === expectedCount
    ? differences
    : [...differences, `${comparedCount} of ${expectedCount} figures of the simulator are there`];
}

const nameOf = ({ trace, cacheShare }: Cell): string => `${trace} at ${cacheShare}`;
