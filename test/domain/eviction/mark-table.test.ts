import { expect, test } from '@jest/globals';
import { mixed } from '#domain/eviction/columns.ts';
import { MarkTable } from '#domain/eviction/mark-table.ts';

test('a note is taken once', () => {
  const table = new MarkTable();
  table.put(mixed(5), 17);
  expect(table.take(mixed(5))).toBe(17);
  expect(table.take(mixed(5))).toBe(0);
});

test('a later note of the same mark replaces the earlier one', () => {
  const table = new MarkTable();
  table.put(9, 1);
  table.put(9, 2);
  expect(table.take(9)).toBe(2);
  expect(table.take(9)).toBe(0);
});

test('mark 0 is a mark as any other', () => {
  const table = new MarkTable();
  expect(table.take(0)).toBe(0);
  table.put(0, 3);
  expect(table.take(0)).toBe(3);
});

test('a full bucket forgets its lowest note', () => {
  const table = new MarkTable();
  const marks = Array.from({ length: 1000 }, (_, key) => mixed(key));
  marks.forEach((mark, index) => {
    table.put(mark, index + 1);
  });
  const known = marks.filter((mark) => table.take(mark) > 0);
  expect(known.length).toBe(table.places);
  expect(known).toContain(marks.at(-1));
  expect(known).not.toContain(marks[0]);
});

test('nearly all are still known after growing, when half of the places are free', () => {
  const table = new MarkTable();
  for (let key = 0; key < 20_000; key += 1) {
    table.reserve(2 * (key + 1));
    table.put(mixed(key), key + 1);
  }
  let lostCount = 0;
  for (let key = 0; key < 20_000; key += 1) {
    const note = table.take(mixed(key));
    if (note === 0) lostCount += 1;
    else expect(note).toBe(key + 1);
  }
  expect(lostCount).toBeLessThan(1000);
});
