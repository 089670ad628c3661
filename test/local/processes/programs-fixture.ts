import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProgram } from '../../../local/processes/child.ts';

const READY = `console.log(JSON.stringify({ event: 'part.ready', url: 'http://127.0.0.1:1' }));`;

/** Small programs that behave as a child may. */
export const sources = {
  obedient: `process.stdin.on('end', () => process.exit(0)).resume(); process.on('SIGTERM', () => process.exit(0)); ${READY}`,
  stubborn: `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); ${READY}`,
  broken: `console.error('the disk is on fire'); process.exit(3);`,
} as const;

export function programIn(
  folder: string,
  source: string,
  write: (line: string) => void = () => undefined,
): ChildProgram {
  const file = join(folder, 'program.cjs');
  writeFileSync(file, source);
  return { part: 'part', name: 'subject', file, args: [], env: {}, write };
}

/** Whether a process of this id is there. */
export function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? Number.NaN, 0);
    return true;
  } catch {
    return false;
  }
}
