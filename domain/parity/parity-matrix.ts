import { inverse, multiply, powerOfTwo } from './galois-field.ts';

/** Rows of bytes. */
export type Matrix = readonly Uint8Array[];

export const DATA_FILES_MAX = 64;
export const PARITY_FILES_MAX = 8;

/**
 * What a parity file is made of: byte `column` of row `row` is the factor of that data file. Row 0 is RAID-6's P, all 1;
 * row 1 its Q, the powers of 2; a smaller k or m is a part of a larger one, so rows stay right when a group grows.
 *
 * Each square submatrix is regular, so any k of the k + m files tell the others: it is a Cauchy matrix 1 / (x + y) with
 * y = 2^-column, and x = 0 in row 1, x = 2^(row - 1) in rows 2 to 7, all different; row 0 is the limit of x times
 * 1 / (x + y) for x beyond all bounds, which keeps Cauchy's determinant other than 0.
 * Source: Blömer et al., "An XOR-Based Erasure-Resilient Coding Scheme", 1995; the row of ones and that of powers as in
 * A. Mazzoleni's SnapRAID.
 * @throws RangeError beyond 64 columns or 8 rows.
 */
export function coefficient(row: number, column: number): number {
  if (!isIndex(column, DATA_FILES_MAX) || !isIndex(row, PARITY_FILES_MAX))
    throw new RangeError(
      `expected a row below 8 and a column below 64, received ${row}, ${column}`,
    );
  if (row === 0) return 1;
  if (row === 1) return powerOfTwo(column);
  return inverse(powerOfTwo(row - 1) ^ powerOfTwo(-column));
}

const isIndex = (value: number, end: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < end;

/** How a piece (data file below `dataFiles`, then parity files) follows from the data files. */
export function generatorRow(piece: number, dataFiles: number): Uint8Array {
  return Uint8Array.from({ length: dataFiles }, (_, column) =>
    piece < dataFiles ? Number(piece === column) : coefficient(piece - dataFiles, column),
  );
}

/**
 * How the `wanted` pieces follow from the `present` ones, k different pieces: wanted[i] = Σ result[i][j] · present[j].
 * O(k³).
 */
export function recoveryMatrix(
  present: readonly number[],
  wanted: readonly number[],
  dataFiles: number,
): Matrix {
  const decoder = inverseMatrix(present.map((piece) => generatorRow(piece, dataFiles)));
  return wanted.map((piece) => combination(generatorRow(piece, dataFiles), decoder));
}

/** factors · rows. */
function combination(factors: Uint8Array, rows: Matrix): Uint8Array {
  const sum = new Uint8Array(rows[0]?.length ?? 0);
  rows.forEach((row, index) => {
    addMultiple(sum, row, factors[index] as number);
  });
  return sum;
}

/** Gauss-Jordan elimination, of the matrix beside the unit matrix. @throws RangeError when it is singular. */
export function inverseMatrix(square: Matrix): Matrix {
  const size = square.length;
  const rows = square.map((row, index) => {
    const wide = new Uint8Array(2 * size);
    wide.set(row);
    wide[size + index] = 1;
    return wide;
  });
  for (let column = 0; column < size; column += 1) clearColumn(rows, column);
  return rows.map((row) => row.subarray(size));
}

/** Makes the column that of the unit matrix by operations on whole rows. */
function clearColumn(rows: Uint8Array[], column: number): void {
  const at = rows.findIndex((row, index) => index >= column && row[column] !== 0);
  const pivot = rows[at];
  if (!pivot) throw new RangeError('the matrix is singular');
  [rows[at], rows[column]] = [rows[column] as Uint8Array, pivot];
  scale(pivot, inverse(pivot[column] as number));
  for (const row of rows) if (row !== pivot) addMultiple(row, pivot, row[column] as number);
}

function scale(row: Uint8Array, factor: number): void {
  row.forEach((value, at) => {
    row[at] = multiply(value, factor);
  });
}

/** target += factor · source. */
function addMultiple(target: Uint8Array, source: Uint8Array, factor: number): void {
  if (factor === 0) return;
  source.forEach((value, at) => {
    target[at] = (target[at] as number) ^ multiply(value, factor);
  });
}
