import {
  coefficient,
  DATA_FILES_MAX,
  PARITY_FILES_MAX,
  recoveryMatrix,
} from '#domain/parity/parity-matrix.ts';
import { KernelMemories } from './kernel-memories.ts';

/**
 * Makes and uses the parity of a group: k data pieces (0 to k - 1) and m parity pieces, the rows (k to k + m - 1). A piece
 * is a file or the same part of each file. A piece shorter than the others counts as padded with zeros.
 */
export interface ErasureCodec {
  readonly dataFiles: number;
  readonly parityFiles: number;
  /**
   * `count` buffers of zeros that lie in one memory with the kernel: operations on buffers of one call copy nothing. Each
   * call reserves address space: keep the buffers and use them again. They are never moved, and go with the last of them.
   */
  allocate(count: number, lengthBytes: number): Uint8Array[];
  /**
   * Adds a data piece to the rows, or takes it away, which is the same: rows[i] ^= coefficient(i, column) · data, over the
   * first data.length bytes. For a part of a file, pass the same part of each row.
   */
  fold(column: number, data: Uint8Array, rows: readonly Uint8Array[]): void;
  /** All rows at once, whatever stood in them; undefined pieces are zeros. No piece is longer than the rows. */
  encode(pieces: readonly (Uint8Array | undefined)[], rows: readonly Uint8Array[]): void;
  /**
   * Tells the `wanted` pieces, each `lengthBytes` long, from any k of the k + m; undefined pieces are lost, and a column
   * that the group never had is an empty array. They are written to `into`, in the order of `wanted`, or to new arrays.
   * @throws RangeError with fewer than k.
   */
  reconstruct(
    pieces: readonly (Uint8Array | undefined)[],
    wanted: readonly number[],
    lengthBytes: number,
    into?: readonly Uint8Array[],
  ): Map<number, Uint8Array>;
}

/** @throws RangeError unless k is in 1..64 and m in 0..8. */
export function createCodec(dataFiles: number, parityFiles: number): ErasureCodec {
  if (!isWithin(dataFiles, 1, DATA_FILES_MAX) || !isWithin(parityFiles, 0, PARITY_FILES_MAX))
    throw new RangeError(`expected 1 to 64 + 0 to 8 files, received ${dataFiles} + ${parityFiles}`);
  const memories = new KernelMemories(2 * dataFiles + parityFiles);
  const rowsOf = (columns: readonly number[]) =>
    Array.from({ length: parityFiles }, (_, row) =>
      Uint8Array.from(columns, (column) => coefficient(row, column)),
    );
  return {
    dataFiles,
    parityFiles,
    allocate: (count, lengthBytes) => memories.allocate(count, lengthBytes),
    fold(column, data, rows) {
      const sum = { outputs: rows, factors: rowsOf([column]), sources: [data] };
      memories.apply({ ...sum, lengthBytes: data.length, adds: true });
    },
    encode(pieces, rows) {
      const columns = [...pieces.keys()].filter((column) => pieces[column]);
      const sources = columns.map((column) => pieces[column] as Uint8Array);
      const lengthBytes = rows[0]?.length ?? 0;
      memories.apply({
        outputs: rows,
        factors: rowsOf(columns),
        sources,
        lengthBytes,
        adds: false,
      });
    },
    reconstruct(pieces, wanted, lengthBytes, into) {
      const present = [...pieces.keys()].filter((piece) => pieces[piece]).slice(0, dataFiles);
      if (present.length < dataFiles)
        throw new RangeError(`expected ${dataFiles} pieces, received ${present.length}`);
      const outputs = into ?? wanted.map(() => new Uint8Array(lengthBytes));
      const sources = present.map((piece) => pieces[piece] as Uint8Array);
      const factors = recoveryMatrix(present, wanted, dataFiles);
      memories.apply({ outputs, factors, sources, lengthBytes, adds: false });
      return new Map(wanted.map((piece, index) => [piece, outputs[index] as Uint8Array]));
    },
  };
}

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;
