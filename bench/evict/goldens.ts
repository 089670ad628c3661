import { readFileSync, writeFileSync } from 'node:fs';
import type { Cell } from './replays.ts';

const GOLDENS = new URL('../evict-goldens.json', import.meta.url);

/** Hits and bytes hit, by trace and cache share, then by contender. */
type Goldens = Record<string, Record<string, readonly [hitCount: number, hitBytes: number]>>;

/** In the form that the formatter gives it. */
export function writeGoldens(cells: readonly Cell[]): void {
  const entries = Object.entries(goldensOf(cells)).map(([cell, counts]) => {
    const lines = Object.entries(counts).map(([name, [hitCount, hitBytes]]) => {
      return `    "${name}": [${hitCount}, ${hitBytes}]`;
    });
    return `  "${cell}": {\n${lines.join(',\n')}\n  }`;
  });
  writeFileSync(GOLDENS, `{\n${entries.join(',\n')}\n}\n`);
}

/** Where hits differ from what is committed. */
export function goldenDifferences(cells: readonly Cell[]): string[] {
  const expected = JSON.parse(readFileSync(GOLDENS, 'utf8')) as Goldens;
  return Object.entries(goldensOf(cells)).flatMap(([cell, counts]) =>
    Object.entries(counts).flatMap(([contender, received]) => {
      const golden = expected[cell]?.[contender];
      return JSON.stringify(golden) === JSON.stringify(received)
        ? []
        : [`${cell}, ${contender}: hits ${received}, expected ${golden ?? 'nothing yet'}`];
    }),
  );
}

const goldensOf = (cells: readonly Cell[]): Goldens =>
  Object.fromEntries(
    cells.map(({ trace, cacheShare, counts }) => [
      `${trace} ${cacheShare}`,
      Object.fromEntries(
        Object.entries(counts).map(([name, { hitCount, hitBytes }]) => [
          name,
          [hitCount, hitBytes],
        ]),
      ),
    ]),
  );
