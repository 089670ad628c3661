import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Trace } from '#domain/eviction/replay.ts';

/** Real and realistic requests; `SOURCES.md` beside them says what each is. */
export const TRACES = [
  'adaptsize-web',
  'cloudphysics-io',
  'cache2k-web12',
  'scarab-recs',
  'akamai-v1-2025-irm-591k',
  'netflix-us-replay-297k',
] as const;
export type TraceName = (typeof TRACES)[number];

/** Lines of `t,id,size`; ids count up from 1 by first appearance. @throws Error when the directory has no such trace. */
export function loadTrace(dataDirectory: string, name: TraceName): Trace {
  const lines = linesOf(join(dataDirectory, 'traces', `${name}.csv.gz`)).slice(1);
  const ids = new Uint32Array(lines.length);
  const sizes = new Float64Array(lines.length);
  let objectCount = 0;
  lines.forEach((line, index) => {
    const [, id, size] = line.split(',').map(Number) as [number, number, number];
    ids[index] = id - 1;
    sizes[index] = size;
    objectCount = Math.max(objectCount, id);
  });
  return { ids, sizes, objectCount };
}

/** The lines of a text file, gzipped or not, without the last empty one. */
export function linesOf(path: string): string[] {
  if (!existsSync(path)) {
    throw new Error(`${path} is missing: give the directory of the shared data with --data DIR`);
  }
  const content = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(content) : content).toString();
  return text.split('\n').filter((line) => line !== '');
}
