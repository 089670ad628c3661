import { expect, test } from '@jest/globals';
import { seededRandom } from '#domain/random.ts';
import { ANOTHER_ROW, NO_ROW, RowHash } from '../../../../oca-agent/store/table/row-hash.ts';

/** The rows that a look-up of this hash meets before it ends. */
function rowsOf(table: RowHash, hash: number): number[] {
  const rows: number[] = [];
  for (let bucket = table.home(hash); ; bucket = table.after(bucket)) {
    const row = table.rowAt(bucket, hash);
    if (row === NO_ROW) return rows;
    if (row !== ANOTHER_ROW) rows.push(row);
  }
}

test.each([
  ['any', () => 2 ** 32],
  ['few, so that many rows share one', () => 40],
])('rows are found by their hash whatever came and went: %s hashes', (_, spread) => {
  const random = seededRandom(5);
  const hashes = Array.from({ length: 3000 }, () =>
    Math.imul(Math.floor(random.next() * spread()), 0x9e3779b1),
  ).map((hash) => hash >>> 0);
  const table = new RowHash((row) => hashes[row] as number);
  const held = new Set<number>();
  for (let step = 0; step < 9000; step += 1) {
    const row = Math.floor(random.next() * hashes.length);
    const hash = hashes[row] as number;
    if (held.delete(row)) table.remove(hash, row);
    else {
      held.add(row);
      table.add(hash, row);
    }
    expect(rowsOf(table, hash).includes(row)).toBe(held.has(row));
  }
  for (const [row, hash] of hashes.entries())
    expect(rowsOf(table, hash).includes(row)).toBe(held.has(row));
});

test('of rows with other hashes few are looked at', () => {
  const hashes = Array.from({ length: 20_000 }, (_, row) => Math.imul(row, 0x9e3779b1) >>> 0);
  const table = new RowHash((row) => hashes[row] as number);
  for (const [row, hash] of hashes.entries()) table.add(hash, row);
  const inVain = hashes.flatMap((hash, row) => rowsOf(table, hash).filter((met) => met !== row));
  expect(inVain.length).toBeLessThan(hashes.length / 20);
});
