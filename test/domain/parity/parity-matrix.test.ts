import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inverse, logarithm, multiply, powerOfTwo } from '#domain/parity/galois-field.ts';
import {
  coefficient,
  generatorRow,
  inverseMatrix,
  recoveryMatrix,
} from '#domain/parity/parity-matrix.ts';

/** Multiplication as the field defines it: of polynomials, then the remainder by 0x11d. */
function multiplySlowly(one: number, other: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((other >> bit) & 1) product ^= one << bit;
  for (let bit = 14; bit >= 8; bit -= 1) if ((product >> bit) & 1) product ^= 0x11d << (bit - 8);
  return product;
}

test('all 65,536 products are those of polynomials modulo 0x11d', () => {
  for (let one = 0; one < 256; one += 1) {
    for (let other = 0; other < 256; other += 1) {
      if (multiply(one, other) !== multiplySlowly(one, other))
        throw new Error(`${one} times ${other}`);
    }
  }
});

test('0 has no inverse, and every other element has one', () => {
  expect(() => inverse(0)).toThrow(RangeError);
  for (let value = 1; value < 256; value += 1) {
    expect(multiply(value, inverse(value))).toBe(1);
    expect(powerOfTwo(logarithm(value))).toBe(value);
  }
  expect(powerOfTwo(-1)).toBe(inverse(2));
});

test.each([
  [8, 0],
  [0, 64],
  [-1, 0],
  [0, 0.5],
])('there is no coefficient of row %d and column %d', (row, column) => {
  expect(() => coefficient(row, column)).toThrow(RangeError);
});

test('rows 0 and 1 are RAID-6: ones, and powers of 2', () => {
  const columns = [...Array(10).keys()];
  expect(columns.map((column) => coefficient(0, column))).toEqual(Array(10).fill(1));
  expect(columns.map((column) => coefficient(1, column))).toEqual([
    ...[1, 2, 4, 8, 16, 32, 64, 128, 29, 58],
  ]);
});

/** A part of 0..end - 1, ascending. */
const some = (end: number, length: number) =>
  fc.uniqueArray(fc.nat({ max: end - 1 }), { minLength: length, maxLength: length });
const squares = fc
  .integer({ min: 1, max: 8 })
  .chain((size) => fc.tuple(some(8, size), some(64, size)));
const submatrix = ([rows, columns]: [number[], number[]]) =>
  rows.map((row) => Uint8Array.from(columns, (column) => coefficient(row, column)));

test('any square part of the matrix is regular', () => {
  fc.assert(
    fc.property(squares, (square) => {
      expect(() => inverseMatrix(submatrix(square))).not.toThrow();
    }),
    { seed: 20_267, numRuns: 3000 },
  );
});

test('every square part of two rows is regular, and every one of three rows of 20 columns', () => {
  for (let rows = 1; rows < 1 << 8; rows += 1) {
    const chosen = [...Array(8).keys()].filter((row) => (rows >> row) & 1);
    if (chosen.length > 3) continue;
    for (const columns of combinations(chosen.length === 3 ? 20 : 64, chosen.length))
      inverseMatrix(submatrix([chosen, columns]));
  }
});

function combinations(end: number, length: number, from = 0): number[][] {
  if (length === 0) return [[]];
  return Array.from({ length: end - from }, (_, index) => from + index).flatMap((first) =>
    combinations(end, length - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

test('a singular matrix is refused', () => {
  const rows = [
    [1, 2],
    [2, 4],
  ].map((row) => Uint8Array.from(row));
  expect(() => inverseMatrix(rows)).toThrow(RangeError);
});

test('the inverse times the matrix is the unit matrix', () => {
  fc.assert(
    fc.property(squares, (square) => {
      const matrix = submatrix(square);
      const inverted = inverseMatrix(matrix);
      for (let row = 0; row < matrix.length; row += 1) {
        for (let column = 0; column < matrix.length; column += 1) {
          const product = matrix.reduce(
            (sum, other, at) => sum ^ multiply(inverted[row]?.[at] ?? 0, other[column] ?? 0),
            0,
          );
          expect(product).toBe(Number(row === column));
        }
      }
    }),
    { seed: 20_268 },
  );
});

test('a piece that is there follows from itself alone', () => {
  const present = [0, 2, 3, 4];
  expect(recoveryMatrix(present, [2, 4], 4)).toEqual([
    Uint8Array.of(0, 1, 0, 0),
    Uint8Array.of(0, 0, 0, 1),
  ]);
  expect(generatorRow(4, 4)).toEqual(Uint8Array.of(1, 1, 1, 1));
});
