import { randomInt } from 'node:crypto';

/**
 * The seed of a run, printed: `FAULTS_SEED` repeats it. What the machine does in between (when a process gets to run, when
 * a block is written) does not follow from it.
 */
export function newSeed(suite: string): number {
  const given = Number(process.env.FAULTS_SEED ?? Number.NaN);
  const seed = Number.isNaN(given) ? randomInt(2 ** 31) : given;
  process.stderr.write(`${suite}: FAULTS_SEED=${seed}\n`);
  return seed;
}
